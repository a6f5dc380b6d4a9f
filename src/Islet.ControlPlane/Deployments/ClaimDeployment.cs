using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>
/// Takes work off the table: a pending row belongs to the builder whose conditional update hit it. Fair between
/// organizations: who has no build under way comes first, and nobody has more than his share of the builders.
/// </summary>
public sealed class ClaimDeployment(IsletDb db, DeploymentVariables variables, HostNames hosts, TimeProvider time)
{
    /// <summary>Claims the deployment whose turn it is; null when there is none.</summary>
    /// <param name="share">Builds that one organization may have under way.</param>
    public async Task<DeploymentPlan?> NextAsync(string builder, int share, CancellationToken cancellation)
    {
        while (await NextInTurnAsync(share, cancellation) is { } id)
            if (await ClaimAsync(id, builder, share, cancellation) && await PlanAsync(id, cancellation) is { } plan)
                return plan;
        return null;
    }

    /// <summary>
    /// Gives back what a builder holds: at its start, before it claims, or after a build that could not be brought to an
    /// end. A node's name means all builders of the node: they are called <c>node/…</c>.
    /// </summary>
    public async Task<int> ReleaseAsync(string builder, CancellationToken cancellation) => await db.Deployments
        .Where(deployment => deployment.Status == DeploymentStatus.Pending && (deployment.ClaimedBy == builder || deployment.ClaimedBy!.StartsWith(builder + "/")))
        .ExecuteUpdateAsync(row => row.SetProperty(d => d.ClaimedBy, (string?)null).SetProperty(d => d.ClaimedAt, (DateTimeOffset?)null), cancellation);

    /// <summary>The oldest of an organization that has nothing under way, else the oldest of one whose share is not used up.</summary>
    async Task<DeploymentId?> NextInTurnAsync(int share, CancellationToken cancellation)
    {
        var underWay = await db.Deployments
            .Where(deployment => deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy != null)
            .GroupBy(deployment => deployment.OrganizationId)
            .Select(builds => new { Organization = builds.Key, Count = builds.Count() })
            .ToListAsync(cancellation);
        return await OldestWaitingAsync([.. underWay.Select(builds => builds.Organization)], cancellation)
            ?? await OldestWaitingAsync([.. underWay.Where(builds => builds.Count >= share).Select(builds => builds.Organization)], cancellation);
    }

    async Task<DeploymentId?> OldestWaitingAsync(List<OrganizationId> notOf, CancellationToken cancellation) => await db.Deployments
        .Where(deployment => deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy == null && !notOf.Contains(deployment.OrganizationId))
        .OrderBy(deployment => deployment.CreatedAt)
        .Select(deployment => (DeploymentId?)deployment.Id)
        .FirstOrDefaultAsync(cancellation);

    /// <summary>The share is counted in the same statement: two builders that looked at once do not both take of one organization.</summary>
    async Task<bool> ClaimAsync(DeploymentId id, string builder, int share, CancellationToken cancellation)
    {
        var now = (DateTimeOffset?)time.Moment();
        return await db.Deployments
            .Where(deployment => deployment.Id == id && deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy == null)
            .Where(deployment => db.Deployments.Count(other =>
                other.OrganizationId == deployment.OrganizationId && other.Status == DeploymentStatus.Pending && other.ClaimedBy != null) < share)
            .ExecuteUpdateAsync(row => row.SetProperty(d => d.ClaimedBy, builder).SetProperty(d => d.ClaimedAt, now), cancellation) == 1;
    }

    /// <summary>Null when it was deleted between claim and look.</summary>
    async Task<DeploymentPlan?> PlanAsync(DeploymentId id, CancellationToken cancellation)
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
            [.. row.HostTemplates.Select(template => hosts.Full(HostTemplate.Resolve(template, found.ProjectName, row.Id)))]);
    }
}
