using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>A deployment goes with its hosts; no visitor reaches it once this returns. A build under way ends in nothing, files follow.</summary>
public sealed class DeleteDeployment(IsletDb db, AuditLog audit, RoutePublisher routes, IIsolates isolates, Leftovers leftovers)
{
    /// <summary>Null when done.</summary>
    public async Task<Refusal?> RunAsync(Caller caller, DeploymentId id, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var found = await db.Deployments.Of(caller).Where(row => row.Id == id)
            .Select(row => new { row.OrganizationId, row.ArtifactId }).FirstOrDefaultAsync(cancellation);
        if (found is null)
            return Deployments.NotFound(id);
        if (caller.Refuse(found.OrganizationId, Act.Deploy) is { } refusal)
            return refusal;
        var hosts = await db.MappedHosts.Where(host => host.DeploymentId == id).Select(host => host.Host).ToListAsync(cancellation);
        if (await db.Deployments.Of(caller).Where(row => row.Id == id).ExecuteDeleteAsync(cancellation) == 0)
            return Deployments.NotFound(id);
        audit.Add(caller, found.OrganizationId, "deployment.delete", "deployment", id.Value);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);

        await routes.PublishAsync(hosts, CancellationToken.None);
        isolates.Drain(id, ShutdownReason.Deleted);
        leftovers.Add(id, found.ArtifactId);
        return null;
    }
}
