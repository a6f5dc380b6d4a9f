using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Projects;

/// <summary>A project goes with its deployments and hosts; no visitor reaches them once this returns.</summary>
public sealed class DeleteProject(IsletDb db, RoutePublisher routes, TokenCache tokens, IIsolates isolates, Leftovers leftovers)
{
    /// <summary>Null when done.</summary>
    public async Task<Refusal?> RunAsync(Caller caller, ProjectId id, CancellationToken cancellation)
    {
        // 1 the rows, hosts and deployments by cascade
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var hosts = await db.MappedHosts.Where(host => host.ProjectId == id).Select(host => host.Host).ToListAsync(cancellation);
        var deployments = await db.Deployments.Of(caller).Where(row => row.ProjectId == id).Select(row => new { row.Id, row.ArtifactId }).ToListAsync(cancellation);
        if (await db.Projects.Of(caller).Where(row => row.Id == id).ExecuteDeleteAsync(cancellation) == 0)
            return Projects.NotFound(id.ToString());
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
