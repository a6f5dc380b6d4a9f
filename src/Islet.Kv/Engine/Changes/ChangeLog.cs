using Islet.Kv.Wire;

namespace Islet.Kv.Engine.Changes;

/// <summary>For whom changes are kept.</summary>
/// <param name="Segment">Number of the next part of the log; the first is 1.</param>
/// <param name="IsBased">All entries have been copied once.</param>
sealed record Recording(Guid Backup, long Segment, bool IsBased);

/// <param name="At">When the last of them was committed, milliseconds since 1970.</param>
sealed record ChangeSegment(IReadOnlyList<ChangeRow> Rows, long At);

/// <summary>
/// Changes that a database keeps beside its entries, written with the commit itself, until they are in the backup: so a
/// killed server loses none. Belongs to one caller at a time, beside the writer of the database, and keeps it open.
/// </summary>
abstract class ChangeLog : IAsyncDisposable
{
    /// <summary>Set by whoever opens it.</summary>
    public KvUse? Use { get; init; }

    /// <summary>Null: nobody wants changes.</summary>
    public abstract ValueTask<Recording?> FindAsync(CancellationToken cancellation);

    /// <summary>From the next commit on changes are kept, for this backup; those of another are forgotten. Again: does nothing.</summary>
    public abstract ValueTask StartAsync(Guid backup, CancellationToken cancellation);

    /// <summary>Keeps none any more for this backup; what is kept for another stays.</summary>
    public abstract ValueTask StopAsync(Guid backup, CancellationToken cancellation);

    public abstract ValueTask SetBasedAsync(Guid backup, CancellationToken cancellation);

    /// <summary>Of the database.</summary>
    public abstract ValueTask<long> VersionAsync(CancellationToken cancellation);

    /// <summary>
    /// The oldest changes that wait: whole commits, until they have some bytes or reach over some time. Null: none wait.
    /// </summary>
    public abstract ValueTask<ChangeSegment?> NextAsync(CancellationToken cancellation);

    /// <summary>They are in this backup. Does nothing when the segment was counted already.</summary>
    public abstract ValueTask ForgetAsync(Guid backup, ChangeSegment segment, long number, CancellationToken cancellation);

    /// <summary>What waits, in bytes; reads all of it.</summary>
    public abstract ValueTask<long> WaitingAsync(CancellationToken cancellation);

    /// <summary>Entries behind a key, until they have some bytes; none: that was all. Each page is a state of its own.</summary>
    public abstract ValueTask<IReadOnlyList<StoredEntry>> PageAsync(ReadOnlyMemory<byte> after, int bytes, CancellationToken cancellation);

    public virtual ValueTask DisposeAsync()
    {
        Use?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>An entry with all that is stored of it.</summary>
readonly record struct StoredEntry(ReadOnlyMemory<byte> Key, KeyState State);
