using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>Takes work off the table: a pending row belongs to the builder whose conditional update hit it.</summary>
public sealed class ClaimDeployment(IsletDb db, HostNames hosts, TimeProvider time)
{
    /// <summary>Claims the oldest pending deployment that nobody has; null when there is none.</summary>
    public async Task<DeploymentPlan?> NextAsync(string builder, CancellationToken cancellation)
    {
        while (await OldestWaitingAsync(cancellation) is { } id)
            if (await ClaimAsync(id, builder, cancellation) && await PlanAsync(id, cancellation) is { } plan)
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

    async Task<DeploymentId?> OldestWaitingAsync(CancellationToken cancellation) => await db.Deployments
        .Where(deployment => deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy == null)
        .OrderBy(deployment => deployment.CreatedAt)
        .Select(deployment => (DeploymentId?)deployment.Id)
        .FirstOrDefaultAsync(cancellation);

    async Task<bool> ClaimAsync(DeploymentId id, string builder, CancellationToken cancellation)
    {
        var now = (DateTimeOffset?)time.Moment();
        return await db.Deployments
            .Where(deployment => deployment.Id == id && deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy == null)
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
            row.ImportMap, row.LockFile, row.CompilerOptions, row.ArtifactId, row.Environment, row.PermissionsNet,
            [.. row.HostTemplates.Select(template => hosts.Full(HostTemplate.Resolve(template, found.ProjectName, row.Id)))]);
    }
}
