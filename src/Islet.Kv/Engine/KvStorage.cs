using Islet.Kv.Engine.Changes;
using Islet.Kv.Queues;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine;

/// <summary>
/// Where the entries of one database are. <see cref="CommitAsync"/> has one caller at a time; reads have any number, and see
/// exactly what was committed before they began.
/// </summary>
abstract class KvStorage : IAsyncDisposable
{
    /// <summary>When the first entry expires that is still stored, milliseconds since 1970; <see cref="long.MaxValue"/>: none does.</summary>
    public long NextExpiry { get; protected set; } = long.MaxValue;

    /// <summary>When the first message is due, milliseconds since 1970; <see cref="long.MaxValue"/>: there is none.</summary>
    public long NextDue { get; protected set; } = long.MaxValue;

    /// <summary>Undelivered messages, or nearly as many.</summary>
    public long QueueLength { get; protected set; }

    public abstract ValueTask<QueueState> QueueStateAsync(long now, CancellationToken cancellation);

    /// <summary>Evaluates the batch and makes all of it durable, or throws and has changed nothing.</summary>
    /// <returns>The version of the database afterwards.</returns>
    public abstract ValueTask<long> CommitAsync(WriteBatch batch, long now, CancellationToken cancellation);

    /// <summary>One state of the database for all ranges. Limits have been checked.</summary>
    public abstract ValueTask ReadAsync(ReadRange[] ranges, long now, IEntrySink sink, CancellationToken cancellation);

    /// <summary>Removes entries that have expired, some at a time.</summary>
    /// <returns>Their keys; empty when there are none left.</returns>
    public abstract ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> CollectExpiredAsync(long now, CancellationToken cancellation);

    /// <summary>Called after a commit that has left changes for this backup, where nobody else writes.</summary>
    public Action<Guid>? Recorded { get; init; }

    /// <summary>Changes for the backup. Each use is its caller's alone.</summary>
    public abstract ChangeLog OpenChanges(KvUse use);

    /// <summary>Other nodes write, too.</summary>
    public virtual bool IsShared => false;

    /// <summary>Finds out again when the next entry expires and the next message is due, where others write as well.</summary>
    public virtual ValueTask LookAheadAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public abstract ValueTask DisposeAsync();
}
