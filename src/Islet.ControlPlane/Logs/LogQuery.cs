using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <summary>A question about stored lines of one deployment.</summary>
/// <param name="Since">First moment, inclusive.</param>
/// <param name="Until">First moment that does not belong to it.</param>
/// <param name="Limit">Lines of a page, 1 to <see cref="MaxLimit"/>.</param>
/// <param name="After">Where the page before ended; null begins a walk.</param>
public sealed record LogQuery(
    DeploymentId Deployment,
    DateTimeOffset Since,
    DateTimeOffset Until,
    LogFilter Filter,
    int Limit,
    bool Descending,
    LogCursor? After)
{
    public const int MaxLimit = 10_000;
}

/// <summary>
/// Lines in the asked order. <paramref name="Next"/> is where to go on, null at the end. A page may be shorter than its
/// limit, even empty, and yet have a next one: when what was looked at, or its size, reached the bound.
/// </summary>
public sealed record LogPage(IReadOnlyList<AppLogLine> Lines, LogCursor? Next);
