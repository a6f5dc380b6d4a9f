using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>The build has succeeded: one transaction makes it visible and moves its hosts, then routes are published.</summary>
public sealed class ActivateDeployment(IsletDb db, HostOwnership ownership, RoutePublisher routes, AssetStore blobs, CronBell bell, TimeProvider time)
{
    /// <summary>
    /// Gives false when the deployment was deleted meanwhile, is not pending, is another builder's by now, one of its hosts on
    /// the platform belongs to another project, or the blob of its artifact was collected; then nothing has changed. A custom
    /// host whose domain was lost meanwhile waits for its return.
    /// </summary>
    public Task<bool> RunAsync(DeploymentId id, string? builder, BuiltArtifact artifact, CancellationToken cancellation) =>
        RunAsync(id, builder, artifact, [], cancellation);

    /// <inheritdoc cref="RunAsync(DeploymentId, string?, BuiltArtifact, CancellationToken)"/>
    /// <param name="crons">What it registered at its first boot; checked.</param>
    public async Task<bool> RunAsync(
        DeploymentId id, string? builder, BuiltArtifact artifact, IReadOnlyList<CronRegistration> crons, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);

        // 1 the row, unless somebody deleted it
        if (artifact.Sha256 is { } blob && !File.Exists(blobs.PathOf(blob)))
            return false;
        if (!await SucceedAsync(id, builder, artifact, cancellation))
            return false;

        // 2 its hosts, taken from older deployments of the project, custom ones of the organization
        if (await MoveHostsAsync(id, cancellation) is not { } hosts)
            return false;

        // 3 its crons; the clock takes them up when it is production
        if (crons.Count > 0)
            await AddCronsAsync(id, crons, cancellation);
        await transaction.CommitAsync(CancellationToken.None);

        // 4 visitors: it cannot be taken back, so a caller that gives up does not stop it
        await routes.PublishAsync(hosts, CancellationToken.None);
        bell.Ring();
        return true;
    }

    async Task<bool> SucceedAsync(DeploymentId id, string? builder, BuiltArtifact artifact, CancellationToken cancellation)
    {
        var now = time.Moment();
        return await db.Deployments
            .Where(deployment => deployment.Id == id && deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy == builder)
            .ExecuteUpdateAsync(row => row
                .SetProperty(d => d.Status, DeploymentStatus.Success)
                .SetProperty(d => d.ArtifactId, artifact.Id)
                .SetProperty(d => d.ArtifactSha256, artifact.Sha256)
                .SetProperty(d => d.UpdatedAt, now)
                .SetProperty(d => d.ClaimedBy, (string?)null)
                .SetProperty(d => d.ClaimedAt, (DateTimeOffset?)null), cancellation) == 1;
    }

    async Task<List<string>?> MoveHostsAsync(DeploymentId id, CancellationToken cancellation)
    {
        var target = await (
            from deployment in db.Deployments.AsNoTracking()
            join project in db.Projects on deployment.ProjectId equals project.Id
            where deployment.Id == id
            select new { deployment.OrganizationId, deployment.ProjectId, deployment.HostTemplates, project.Name }).SingleAsync(cancellation);
        var hosts = target.HostTemplates.Select(template => HostTemplate.Resolve(template, target.Name, id)).ToList();
        var owners = await ownership.FindAsync(hosts.FindAll(IsCustom), cancellation);
        var present = await db.MappedHosts.Where(host => hosts.Contains(host.Host)).ToListAsync(cancellation);
        var asleep = await db.DormantHosts.Where(host => host.OrganizationId == target.OrganizationId && hosts.Contains(host.Host)).ToListAsync(cancellation);
        db.DormantHosts.RemoveRange(asleep);
        await db.SaveChangesAsync(cancellation);
        for (var position = 0; position < hosts.Count; position++)
        {
            var (host, custom) = (hosts[position], IsCustom(hosts[position]));
            if (custom && owners.GetValueOrDefault(host)?.OrganizationId != target.OrganizationId)
            {
                db.DormantHosts.Add(new()
                {
                    OrganizationId = target.OrganizationId, Host = host, ProjectId = target.ProjectId, DeploymentId = id, Position = position,
                });
                continue;
            }
            var mapped = present.Find(row => row.Host == host);
            if (mapped is null)
            {
                db.MappedHosts.Add(new()
                {
                    Host = host,
                    OrganizationId = target.OrganizationId,
                    ProjectId = target.ProjectId,
                    DeploymentId = id,
                    Position = position,
                });
                continue;
            }
            if (!custom && mapped.ProjectId != target.ProjectId)
                return null;
            if (mapped.OrganizationId != target.OrganizationId)
                throw new InvalidOperationException($"{host} is mapped by an organization that does not own it.");
            (mapped.ProjectId, mapped.DeploymentId, mapped.Position) = (target.ProjectId, id, position);
        }
        await db.SaveChangesAsync(cancellation);
        return hosts;
    }

    async Task AddCronsAsync(DeploymentId id, IReadOnlyList<CronRegistration> crons, CancellationToken cancellation)
    {
        var project = await db.Deployments.Where(deployment => deployment.Id == id).Select(deployment => deployment.ProjectId).SingleAsync(cancellation);
        db.Crons.AddRange(crons.Select((cron, position) => Cron.Of(id, project, position, cron)));
        await db.SaveChangesAsync(cancellation);
    }

    static bool IsCustom(string host) => host.Contains('.', StringComparison.Ordinal);
}
