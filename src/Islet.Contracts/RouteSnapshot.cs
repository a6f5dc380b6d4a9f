using System.Collections.Frozen;

namespace Islet.Contracts;

/// <summary>Where one host leads.</summary>
/// <param name="RequestTimeout">Wall clock limit of a request; null is the system's default.</param>
public sealed record Route(
    string Host,
    DeploymentId Deployment,
    ProjectId Project,
    OrganizationId Organization,
    TimeSpan? RequestTimeout)
{
    public ProjectLimits Limits { get; init; } = ProjectLimits.Default;
}

/// <summary>All routes at one moment. Immutable: a change is a new snapshot, swapped in whole.</summary>
public sealed class RouteSnapshot(long version, FrozenDictionary<string, Route> hosts)
{
    public static readonly RouteSnapshot Empty = new(0, FrozenDictionary<string, Route>.Empty);

    /// <summary>Grows with each publication.</summary>
    public long Version { get; } = version;

    /// <summary>Lower-case host without port → route. Build it with <see cref="StringComparer.OrdinalIgnoreCase"/>.</summary>
    public FrozenDictionary<string, Route> Hosts { get; } = hosts;
}

/// <summary>Gives the edge the present routes and the spec to start what they name.</summary>
public interface IRouteSource
{
    /// <summary>The newest snapshot; a volatile read, for every request.</summary>
    RouteSnapshot Current { get; }

    /// <summary>What to start for a deployment; null when it is gone. Asked once per cold start.</summary>
    ValueTask<IsolateSpec?> FindSpecAsync(DeploymentId deployment, CancellationToken cancellation);
}
