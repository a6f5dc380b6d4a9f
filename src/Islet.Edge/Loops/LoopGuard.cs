using System.Collections.Concurrent;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Edge.Loops;

/// <summary>
/// Ends requests that go round in circles through deployments. Which slot calls is told by the connection, so nothing in
/// a request can change it; which of its requests made a slot call nobody can know, so the one that came farthest counts.
/// Circles through other people's servers are not seen.
/// </summary>
sealed class LoopGuard
{
    readonly ConcurrentDictionary<IsolateId, HopCounts> alive = new();

    /// <summary>The counts of an isolate, the same for all its leases, kept until it has ended.</summary>
    public HopCounts Follow(IsolateLease lease)
    {
        var counts = alive.GetOrAdd(lease.Id, static _ => new HopCounts());
        _ = lease.Ended.ContinueWith(
            (_, id) => alive.TryRemove((IsolateId)id!, out HopCounts? _),
            lease.Id, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return counts;
    }

    /// <summary>0 for a visitor; for a slot one more than the farthest that it is serving. Above <see cref="HopCounts.Most"/>: refuse.</summary>
    public int HopOf(HttpContext context)
    {
        if (context.Features.Get<SlotCaller>() is not { } caller)
            return 0;
        return 1 + (alive.TryGetValue(caller.Isolate, out var counts) ? counts.Highest : 0);
    }
}
