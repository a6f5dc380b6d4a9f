using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Collection;

/// <summary>
/// Build logs and artifacts that no row has. Ids are never given twice and an artifact has the id of the deployment that
/// it was built for, so what has no row once will never have one: no lock is needed between the look and the removal.
/// </summary>
sealed class CollectDeployments(IServiceScopeFactory scopes, BuildLogs logs, ArtifactStore artifacts)
{
    const int AtOnce = 500;

    /// <summary>Names of all build logs and artifacts of this node.</summary>
    public IReadOnlyCollection<string> ListAll() => artifacts.List().Concat(logs.List()).ToHashSet(StringComparer.Ordinal);

    /// <summary>Removes the build logs of deployments without a row.</summary>
    public async Task RemoveLogsAsync(IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        foreach (var some in names.Chunk(AtOnce))
        {
            var present = await StatusesAsync(some, cancellation);
            foreach (var name in some)
                if (!present.ContainsKey(name))
                    logs.Delete(new(name));
        }
    }

    /// <summary>The artifacts among these names that nobody runs or will run: of failed builds too.</summary>
    public async Task<IReadOnlyCollection<string>> FindUnusedArtifactsAsync(IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        var unused = new List<string>();
        foreach (var some in names.Where(artifacts.Exists).Chunk(AtOnce))
        {
            // First whether its build is under way, then who has it: a build that ended in between has it by then.
            var statuses = await StatusesAsync(some, cancellation);
            var used = await UsedAsync(some, cancellation);
            unused.AddRange(some.Where(name => !used.Contains(name) && statuses.GetValueOrDefault(name, DeploymentStatus.Failed) != DeploymentStatus.Pending));
        }
        return unused;
    }

    public void RemoveArtifacts(IReadOnlyCollection<string> unused, CancellationToken cancellation)
    {
        foreach (var name in unused)
        {
            cancellation.ThrowIfCancellationRequested();
            artifacts.Remove(name);
        }
    }

    async Task<Dictionary<string, DeploymentStatus>> StatusesAsync(string[] names, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var ids = names.Select(name => new DeploymentId(name)).ToArray();
        return await scope.ServiceProvider.GetRequiredService<IsletDb>().Deployments
            .Where(row => ids.Contains(row.Id))
            .Select(row => new { row.Id, row.Status })
            .ToDictionaryAsync(row => row.Id.Value, row => row.Status, StringComparer.Ordinal, cancellation);
    }

    async Task<HashSet<string>> UsedAsync(string[] names, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var used = await scope.ServiceProvider.GetRequiredService<IsletDb>().Deployments
            .Where(row => row.ArtifactId != null && names.Contains(row.ArtifactId) && row.Status != DeploymentStatus.Failed)
            .Select(row => row.ArtifactId!).ToListAsync(cancellation);
        return used.ToHashSet(StringComparer.Ordinal);
    }
}
