using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Builds;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Deployments;

/// <summary>
/// Takes work off the table: a pending row belongs to the builder whose conditional update hit it, for as long as that one
/// says again and again that it is at work. Fair between organizations: who has no build under way comes first, and nobody
/// has more than his share of a node's builders.
/// </summary>
public sealed class ClaimDeployment(IsletDb db, DeploymentVariables variables, HostNames hosts, IOptions<BuildsOptions> options, TimeProvider time)
{
    readonly TimeSpan lease = options.Value.Lease;

    /// <summary>Claims the deployment whose turn it is; null when there is none.</summary>
    /// <param name="builder">Its node's name, a slash and a number, or only a name.</param>
    /// <param name="share">Builds that one organization may have under way on the builder's node.</param>
    public async Task<DeploymentPlan?> NextAsync(string builder, int share, CancellationToken cancellation)
    {
        while (await NextInTurnAsync(builder, share, cancellation) is { } id)
            if (await ClaimAsync(id, builder, share, cancellation) && await PlanAsync(id, builder, cancellation) is { } plan)
                return plan;
        return null;
    }

    /// <summary>The builder is still at work. False: the deployment is not its own any more, and it must not write about it.</summary>
    public async Task<bool> RenewAsync(DeploymentId id, string builder, CancellationToken cancellation)
    {
        var now = (DateTimeOffset?)await db.NowAsync(time, cancellation);
        return await db.Deployments
            .Where(deployment => deployment.Id == id && deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy == builder)
            .ExecuteUpdateAsync(row => row.SetProperty(d => d.ClaimedAt, now), cancellation) == 1;
    }

    /// <summary>
    /// Gives back what a builder holds: at its start, before it claims, or after a build that could not be brought to an
    /// end. A node's name means all builders of the node: they are called <c>node/…</c>.
    /// </summary>
    public async Task<int> ReleaseAsync(string builder, CancellationToken cancellation) => await db.Deployments
        .Where(deployment => deployment.Status == DeploymentStatus.Pending && (deployment.ClaimedBy == builder || deployment.ClaimedBy!.StartsWith(builder + "/")))
        .ExecuteUpdateAsync(row => row.SetProperty(d => d.ClaimedBy, (string?)null).SetProperty(d => d.ClaimedAt, (DateTimeOffset?)null), cancellation);

    /// <summary>The oldest of an organization that has nothing under way, else the oldest of one whose share is not used up.</summary>
    async Task<DeploymentId?> NextInTurnAsync(string builder, int share, CancellationToken cancellation)
    {
        var (node, gone) = (NodeOf(builder), await db.NowAsync(time, cancellation) - lease);
        var underWay = await db.Deployments
            .Where(deployment => deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy != null && deployment.ClaimedAt >= gone)
            .GroupBy(deployment => deployment.OrganizationId)
            .Select(builds => new { Organization = builds.Key, Here = builds.Count(build => build.ClaimedBy!.StartsWith(node)) })
            .ToListAsync(cancellation);
        return await OldestWaitingAsync([.. underWay.Select(builds => builds.Organization)], gone, cancellation)
            ?? await OldestWaitingAsync([.. underWay.Where(builds => builds.Here >= share).Select(builds => builds.Organization)], gone, cancellation);
    }

    async Task<DeploymentId?> OldestWaitingAsync(List<OrganizationId> notOf, DateTimeOffset gone, CancellationToken cancellation) => await db.Deployments
        .Where(deployment => deployment.Status == DeploymentStatus.Pending && (deployment.ClaimedBy == null || deployment.ClaimedAt < gone) && !notOf.Contains(deployment.OrganizationId))
        .OrderBy(deployment => deployment.CreatedAt)
        .Select(deployment => (DeploymentId?)deployment.Id)
        .FirstOrDefaultAsync(cancellation);

    /// <summary>The share is counted in the same statement: two builders that looked at once do not both take of one organization.</summary>
    async Task<bool> ClaimAsync(DeploymentId id, string builder, int share, CancellationToken cancellation)
    {
        var now = (DateTimeOffset?)await db.NowAsync(time, cancellation);
        var (node, gone) = (NodeOf(builder), now - lease);
        return await db.Deployments
            .Where(deployment => deployment.Id == id && deployment.Status == DeploymentStatus.Pending && (deployment.ClaimedBy == null || deployment.ClaimedAt < gone))
            .Where(deployment => db.Deployments.Count(other =>
                other.OrganizationId == deployment.OrganizationId && other.Status == DeploymentStatus.Pending && other.ClaimedAt >= gone && other.ClaimedBy!.StartsWith(node)) < share)
            .ExecuteUpdateAsync(row => row.SetProperty(d => d.ClaimedBy, builder).SetProperty(d => d.ClaimedAt, now), cancellation) == 1;
    }

    /// <summary>Null when it was deleted between claim and look.</summary>
    async Task<DeploymentPlan?> PlanAsync(DeploymentId id, string builder, CancellationToken cancellation)
    {
        var found = await (
            from deployment in db.Deployments.AsNoTracking()
            join project in db.Projects on deployment.ProjectId equals project.Id
            join manifest in db.Manifests on deployment.ManifestSha256 equals manifest.Sha256
            where deployment.Id == id
            select new { Deployment = deployment, ProjectName = project.Name, Manifest = manifest }).FirstOrDefaultAsync(cancellation);
        if (found is not { Deployment: var row })
            return null;
        return new(
            row.Id, row.OrganizationId, row.ProjectId, found.ProjectName, AssetManifest.Load(found.Manifest), row.EntryPoint,
            row.ImportMap, row.LockFile, row.CompilerOptions, row.ArtifactId,
            variables.Lay(row.Id, row.ProjectVariables, row.Environment), row.PermissionsNet,
            [.. row.HostTemplates.Select(template => hosts.Full(HostTemplate.Resolve(template, found.ProjectName, row.Id)))])
        {
            Builder = builder,
            EnableCron = row.EnableCron,
            ArtifactSha256 = row.ArtifactSha256,
            Databases = row.Databases,
        };
    }

    /// <summary>How the names of all builders of its node begin.</summary>
    static string NodeOf(string builder) => builder[..(builder.IndexOf('/', StringComparison.Ordinal) + 1)] is { Length: > 0 } node ? node : builder;
}
