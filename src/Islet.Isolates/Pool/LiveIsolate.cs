using Islet.Contracts;
using Islet.Isolates.Starting;

namespace Islet.Isolates.Pool;

#pragma warning disable CA1001 // holders keep the token of the source longer than the isolate lives, and it has no timer
/// <summary>An assigned slot that serves. Mutable members belong to the pool's lock.</summary>
internal sealed class LiveIsolate(Slot slot, DeploymentId deployment, TimeSpan coldStart)
{
    readonly TaskCompletionSource<IsolateEnd> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Two leases with equal values are still two leases.
    readonly HashSet<IsolateLease> leases = new(ReferenceEqualityComparer.Instance);
    readonly CancellationTokenSource draining = new();

    public Slot Slot => slot;

    public DeploymentId Deployment => deployment;

    public TimeSpan ColdStart => coldStart;

    /// <summary>Why it is being ended; null while it should live.</summary>
    public ShutdownReason? Ending { get; set; }

    public bool Idle => leases.Count == 0;

    public Task<IsolateEnd> Ended => ended.Task;

    public IsolateLease NewLease(TimeSpan? waited)
    {
        var lease = new IsolateLease(slot.Id, deployment, slot.ServeSocket, waited, ended.Task, draining.Token)
        {
            CpuUsageFile = slot.Process.CpuUsageFile, MemoryStatFile = slot.Process.MemoryStatFile,
        };
        leases.Add(lease);
        return lease;
    }

    /// <summary>False when it is not, or no longer, a lease of this isolate.</summary>
    public bool TakeBack(IsolateLease lease) => leases.Remove(lease);

    /// <summary>Not under the pool's lock: holders react at once.</summary>
    public Task TellDrainingAsync() => draining.CancelAsync();

    public void SetEnded(IsolateEnd end) => ended.TrySetResult(end);
}
