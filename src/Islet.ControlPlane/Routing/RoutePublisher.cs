using System.Collections.Frozen;
using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Routing;

/// <summary>
/// Turns mapped hosts into the snapshot that the edge reads. Each publication reads the hosts that changed from the
/// database inside the lock, so whoever publishes last has seen every commit before it, in whatever order they come.
/// </summary>
public sealed class RoutePublisher(IServiceScopeFactory scopes, HostNames names, ArtifactArchives artifacts) : IRouteSource, IDisposable
{
    const int HostsAtOnce = 500;

    readonly SemaphoreSlim publishing = new(1, 1);

    /// <summary>Changed only under <see cref="publishing"/>.</summary>
    readonly Dictionary<string, Route> hosts = new(StringComparer.OrdinalIgnoreCase);

    readonly Lock gathering = new();

    /// <summary>The publication that still takes hosts; changed only under <see cref="gathering"/>.</summary>
    Publication? next;

    RouteSnapshot current = RouteSnapshot.Empty;

    public RouteSnapshot Current => Volatile.Read(ref current);

    public async ValueTask<IsolateSpec?> FindSpecAsync(DeploymentId deployment, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var row = await db.Deployments.AsNoTracking()
            .Where(row => row.Id == deployment && row.Status == DeploymentStatus.Success && row.ArtifactId != null)
            .Select(row => new
            {
                row.ProjectId,
                row.OrganizationId,
                ArtifactId = row.ArtifactId!,
                row.ArtifactSha256,
                row.Environment,
                row.ProjectVariables,
                row.PermissionsNet,
                row.Databases,
                row.EnableCron,
            })
            .FirstOrDefaultAsync(cancellation);
        if (row is null || await artifacts.TakeAsync(new(row.ArtifactId, row.ArtifactSha256), cancellation) is not { } artifact)
            return null;
        var variables = scope.ServiceProvider.GetRequiredService<DeploymentVariables>().Lay(deployment, row.ProjectVariables, row.Environment);
        var spec = await scope.ServiceProvider.GetRequiredService<ComposeSpec>().RunAsync(
            deployment, row.ProjectId, row.OrganizationId, artifact, variables, row.PermissionsNet, row.Databases, cancellation);
        return spec with { Crons = row.EnableCron };
    }

    /// <summary>Reads all routes: at the start, before anybody may ask.</summary>
    public async Task PublishAllAsync(CancellationToken cancellation)
    {
        await publishing.WaitAsync(cancellation);
        try
        {
            var all = await ReadAsync(_ => true, cancellation);
            hosts.Clear();
            foreach (var route in all)
                hosts[route.Host] = route;
            Swap();
        }
        finally
        {
            publishing.Release();
        }
    }

    /// <summary>
    /// Makes the snapshot agree with the database for these <see cref="MappedHost.Host"/>s; returns when readers see it.
    /// Calls that come while a snapshot is made share the next one: its cost grows with the number of all hosts.
    /// </summary>
    public Task PublishAsync(IReadOnlyCollection<string> changed, CancellationToken cancellation)
    {
        if (changed.Count == 0)
            return Task.CompletedTask;
        lock (gathering)
        {
            var publication = next;
            if (publication is null)
            {
                publication = next = new();
                publication.Done = Task.Run(() => RunAsync(publication), CancellationToken.None);
            }
            publication.Hosts.UnionWith(changed);
            return publication.Done.WaitAsync(cancellation);
        }
    }

    public void Dispose() => publishing.Dispose();

    async Task RunAsync(Publication publication)
    {
        await publishing.WaitAsync();
        try
        {
            // whoever comes from here on may have committed after the query below
            lock (gathering)
                next = null;
            foreach (var some in publication.Hosts.Chunk(HostsAtOnce))
            {
                var present = await ReadAsync(host => some.Contains(host.Host), CancellationToken.None);
                foreach (var host in some)
                    hosts.Remove(names.Full(host));
                foreach (var route in present)
                    hosts[route.Host] = route;
            }
            Swap();
        }
        finally
        {
            publishing.Release();
        }
    }

    async Task<List<Route>> ReadAsync(System.Linq.Expressions.Expression<Func<MappedHost, bool>> which, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var rows = await (
            from host in db.MappedHosts.Where(which)
            join deployment in db.Deployments on host.DeploymentId equals deployment.Id
            select new { host.Host, host.DeploymentId, host.ProjectId, host.OrganizationId, deployment.RequestTimeout }).ToListAsync(cancellation);
        var limits = await EffectiveLimits.ReadAsync(db, rows.Select(row => (row.OrganizationId, row.ProjectId)), cancellation);
        return rows.ConvertAll(row => new Route(
            names.Full(row.Host), row.DeploymentId, row.ProjectId, row.OrganizationId,
            row.RequestTimeout is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null)
        {
            Limits = limits.GetValueOrDefault(row.ProjectId, ProjectLimits.Default),
        });
    }

    void Swap() => Volatile.Write(
        ref current, new(current.Version + 1, hosts.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase)));

    sealed class Publication
    {
        public HashSet<string> Hosts { get; } = new(StringComparer.Ordinal);

        public Task Done { get; set; } = Task.CompletedTask;
    }
}
