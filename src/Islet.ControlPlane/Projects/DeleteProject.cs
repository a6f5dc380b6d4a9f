using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Projects;

/// <summary>A project goes with its deployments and hosts; no visitor reaches them once this returns.</summary>
public sealed class DeleteProject(
    IsletDb db, AuditLog audit, RoutePublisher routes, TokenCache tokens, IIsolates isolates, Leftovers leftovers)
{
    /// <summary>Null when done.</summary>
    public async Task<Refusal?> RunAsync(Caller caller, ProjectId id, CancellationToken cancellation)
    {
        // 1 the rows, hosts and deployments by cascade
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.Projects.Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } project)
            return Projects.NotFound(id.ToString());
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } refusal)
            return refusal;
        var hosts = await db.MappedHosts.Where(host => host.ProjectId == id).Select(host => host.Host).ToListAsync(cancellation);
        var deployments = await db.Deployments.Of(caller).Where(row => row.ProjectId == id).Select(row => new { row.Id, row.ArtifactId }).ToListAsync(cancellation);
        db.Projects.Remove(project);
        audit.Add(caller, project.OrganizationId, "project.delete", "project", id.ToString(), project.Name);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);

        // 2 what may still act on them
        tokens.Forget();
        await routes.PublishAsync(hosts, CancellationToken.None);
        foreach (var deployment in deployments)
        {
            isolates.Drain(deployment.Id, ShutdownReason.Deleted);
            leftovers.Add(deployment.Id, deployment.ArtifactId);
        }
        return null;
    }
}
