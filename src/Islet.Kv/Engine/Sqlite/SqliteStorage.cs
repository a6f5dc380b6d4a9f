using System.Collections.Concurrent;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Queues;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>A database in a file of its own: one connection writes, others read beside it without waiting for it.</summary>
sealed class SqliteStorage : KvStorage
{
    static readonly int AtOnce = Math.Max(4, Environment.ProcessorCount * 2);

    readonly string path;
    readonly SqliteWriter writer;
    readonly ConcurrentBag<SqliteReader> readers = [];
    readonly SemaphoreSlim reading = new(AtOnce);

    public SqliteStorage(string path)
    {
        this.path = path;
        writer = new(path);
        NextExpiry = writer.NextExpiry();
        (NextDue, QueueLength) = (writer.Queue.NextDue(), writer.Queue.Length);
    }

    public override ValueTask<long> CommitAsync(WriteBatch batch, long now, CancellationToken cancellation)
    {
        var version = writer.Commit(batch, now);
        foreach (var (_, state) in batch.Changes)
            if (state.ExpireAt != 0)
                NextExpiry = Math.Min(NextExpiry, state.ExpireAt);
        if (batch.TouchesQueue)
            (NextDue, QueueLength) = (writer.Queue.NextDue(), writer.Queue.Length);
        TellRecorded();
        return new(version);
    }

    public override async ValueTask ReadAsync(ReadRange[] ranges, long now, IEntrySink sink, CancellationToken cancellation) =>
        await ReadAsync(reader => reader.Read(ranges, now, sink), cancellation);

    public override async ValueTask<QueueState> QueueStateAsync(long now, CancellationToken cancellation)
    {
        QueueState? state = null;
        await ReadAsync(reader => state = reader.QueueState(now), cancellation);
        return state!;
    }

    async ValueTask ReadAsync(Action<SqliteReader> read, CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation);
        try
        {
            if (!readers.TryTake(out var reader))
                reader = new(path);
            try
            {
                read(reader);
            }
            catch
            {
                reader.Dispose(); // in a state that nobody knows
                throw;
            }
            readers.Add(reader);
        }
        finally
        {
            reading.Release();
        }
    }

    public override ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> CollectExpiredAsync(long now, CancellationToken cancellation)
    {
        var keys = writer.CollectExpired(now);
        NextExpiry = writer.NextExpiry();
        if (keys.Count > 0)
            TellRecorded();
        return new(keys);
    }

    public override ChangeLog OpenChanges(KvUse use) => new SqliteChanges(path) { Use = use };

    /// <summary>Nobody writes any more; reads are waited for.</summary>
    public override async ValueTask DisposeAsync()
    {
        for (var left = AtOnce; left > 0; left--)
            await reading.WaitAsync();
        while (readers.TryTake(out var reader))
            reader.Dispose();
        writer.Dispose();
        reading.Dispose();
    }

    void TellRecorded()
    {
        if (writer.Recorded is { } backup)
            Recorded?.Invoke(backup);
    }
}
