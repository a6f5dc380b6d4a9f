using System.Threading.Tasks.Sources;
using Islet.Kv.Queues;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine;

/// <summary>How a write ended. <see cref="FailedChecks"/> are indexes; null: it is committed, durably, at <see cref="Version"/>.</summary>
public readonly record struct CommitResult(long Version, IReadOnlyList<uint>? FailedChecks);

/// <summary>Something for the writer of a database that waits for its batch.</summary>
abstract class PendingWork
{
    /// <summary>It failed; told by <see cref="Complete"/>.</summary>
    public abstract void Decide(Exception problem);

    /// <summary>After the commit: whoever waits goes on, elsewhere than on the writer's thread.</summary>
    public abstract void Complete();
}

abstract class PendingWork<TResult> : PendingWork, IValueTaskSource<TResult>
{
    ManualResetValueTaskSourceCore<TResult> source = new() { RunContinuationsAsynchronously = true };
    TResult? result;
    Exception? problem;

    /// <summary>Awaited once.</summary>
    public ValueTask<TResult> Committed => new(this, source.Version);

    public void Decide(TResult decided) => result = decided;

    public sealed override void Decide(Exception problem) => this.problem = problem;

    public sealed override void Complete()
    {
        if (problem is null)
            source.SetResult(result!);
        else
            source.SetException(problem);
    }

    public TResult GetResult(short token) => source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}

sealed class PendingWrite(AtomicWrite write) : PendingWork<CommitResult>
{
    public AtomicWrite Write { get; } = write;
}

/// <summary>The end of one delivery of a message. False: nobody had it any more.</summary>
sealed class PendingFinish(QueuedMessage message, bool delivered) : PendingWork<bool>
{
    public QueuedMessage Message { get; } = message;

    public bool Delivered { get; } = delivered;
}

/// <summary>Takes messages that are due, the earliest first. Nobody else gets them until the lease is over.</summary>
sealed class PendingClaim(int max, long leaseMilliseconds) : PendingWork<IReadOnlyList<QueuedMessage>>
{
    public int Max { get; } = max;

    public long LeaseMilliseconds { get; } = leaseMilliseconds;
}

/// <summary>Messages whose handlers are still running; or, with a short lease, that nobody handles any more. Those that have ended meanwhile are left alone.</summary>
sealed class PendingExtension(IReadOnlyList<QueuedMessage> messages, long leaseMilliseconds) : PendingWork<bool>
{
    public IReadOnlyList<QueuedMessage> Messages { get; } = messages;

    public long LeaseMilliseconds { get; } = leaseMilliseconds;
}

/// <summary>Nothing but that the writer looks whether an entry has expired.</summary>
sealed class PendingLook : PendingWork
{
    public static readonly PendingLook Instance = new();

    public override void Decide(Exception problem)
    {
    }

    public override void Complete()
    {
    }
}
