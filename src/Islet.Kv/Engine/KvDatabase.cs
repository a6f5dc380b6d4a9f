using System.Threading.Channels;
using Islet.Contracts;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Queues;
using Islet.Kv.Watching;
using Islet.Kv.Wire;
using Microsoft.Extensions.Logging;

namespace Islet.Kv.Engine;

/// <summary>
/// One open database. A single loop commits whatever waits as one transaction, so that many writers share one sync of the
/// disk; reads go beside it.
/// </summary>
public sealed partial class KvDatabase : IAsyncDisposable
{
    const int BatchWrites = 256;
    const int BatchBytes = 8 << 20;
    const int Waiting = 1024;

    static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(100);

    readonly KvStorage storage;
    readonly TimeProvider time;
    readonly ILogger log;
    readonly Channel<PendingWork> waiting = Channel.CreateBounded<PendingWork>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    readonly WriteBatch batch = new();
    readonly Task loop;

    internal KvDatabase(Guid id, KvStorage storage, long bytesPerSecond, IQueueListeners? listeners, TimeProvider time, ILogger log)
    {
        (Id, this.storage, this.time, this.log) = (id, storage, time, log);
        Alarm = new(() => waiting.Writer.TryWrite(PendingLook.Instance), time); // when there is no room the writer looks anyway
        Alarm.Set(storage.NextExpiry);
        Throughput = new(bytesPerSecond, time);
        Pump = new(this, listeners, time, log);
        loop = Task.Run(RunAsync);
    }

    public Guid Id { get; }

    internal CallTurns Calls { get; } = new();

    internal Throughput Throughput { get; }

    internal KeyWatchers Watchers { get; } = new();

    internal QueuePump Pump { get; }

    ExpiryAlarm Alarm { get; }

    internal long NextDue => storage.NextDue;

    internal long NextExpiry => storage.NextExpiry;

    /// <summary>Other nodes write, too.</summary>
    internal bool IsShared => storage.IsShared;

    /// <summary>Returns when the write is durable, or was refused by its checks.</summary>
    /// <exception cref="KvException">It can never succeed.</exception>
    public async ValueTask<CommitResult> WriteAsync(AtomicWrite write, CancellationToken cancellation)
    {
        KvLimits.CheckDeadlines(write.Enqueues, Now());
        if (write.Enqueues.Length > 0 && storage.QueueLength + write.Enqueues.Length > QueueState.Longest)
            throw new KvException($"The queue has {QueueState.Longest} undelivered messages, which is as many as it may have.");
        var pending = new PendingWrite(write);
        await waiting.Writer.WriteAsync(pending, cancellation);
        return await pending.Committed; // not cancelled: its memory is in use until it is decided
    }

    internal async ValueTask ReadAsync(ReadRange[] ranges, IEntrySink sink, CancellationToken cancellation) =>
        await storage.ReadAsync(ranges, Now(), sink, cancellation);

    internal async ValueTask<TResult> QueueAsync<TResult>(PendingWork<TResult> work, CancellationToken cancellation)
    {
        await waiting.Writer.WriteAsync(work, cancellation);
        return await work.Committed;
    }

    internal ChangeLog OpenChanges(KvUse use) => storage.OpenChanges(use);

    public async ValueTask<QueueState> QueueStateAsync(CancellationToken cancellation) =>
        await storage.QueueStateAsync(Now(), cancellation) with { Listeners = Pump.Listeners, Running = Pump.Running };

    internal async ValueTask LookAheadAsync(CancellationToken cancellation)
    {
        await storage.LookAheadAsync(cancellation);
        Alarm.Set(storage.NextExpiry);
    }

    /// <summary>Somebody else may have changed it.</summary>
    internal void Heard()
    {
        Watchers.TellAll();
        Pump.Ring();
    }

    /// <summary>What waits is still committed; then the storage is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        Watchers.End();
        await Pump.DisposeAsync();
        waiting.Writer.TryComplete();
        await loop;
        await Alarm.DisposeAsync();
        await storage.DisposeAsync();
        Calls.Dispose();
    }

    async Task RunAsync()
    {
        while (await waiting.Reader.WaitToReadAsync())
        {
            Take();
            if (batch.Count > 0)
                await CommitAsync();
            if (storage.NextExpiry <= Now())
                await CollectAsync();
            Alarm.Set(storage.NextExpiry);
        }
    }

    void Take()
    {
        batch.Clear();
        for (var bytes = 0; batch.Count < BatchWrites && bytes < BatchBytes && waiting.Reader.TryRead(out var work);)
        {
            if (work != PendingLook.Instance)
                batch.Add(work);
            if (work is PendingWrite { Write: var write })
                foreach (var mutation in write.Mutations)
                    bytes += mutation.Value.Length;
        }
    }

    async ValueTask CommitAsync()
    {
        try
        {
            await storage.CommitAsync(batch, Now(), CancellationToken.None);
            Watchers.Tell(batch.Changes);
        }
        catch (Exception problem)
        {
            Log.NotCommitted(log, Id, problem);
            batch.Fail(problem);
        }
        var touchedQueue = batch.TouchesQueue;
        batch.Complete();
        batch.Clear(); // the memory of requests is theirs again
        if (touchedQueue)
            Pump.Ring();
    }

    async ValueTask CollectAsync()
    {
        try
        {
            Watchers.Tell(await storage.CollectExpiredAsync(Now(), CancellationToken.None));
        }
        catch (Exception problem)
        {
            Log.NotCollected(log, Id, problem); // they are absent for every reader; the next round tries again
            await Task.Delay(AfterFailure, time);
        }
    }

    long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    static partial class Log
    {
        [LoggerMessage(6001, LogLevel.Error, "KV database {Database} could not commit")]
        public static partial void NotCommitted(ILogger log, Guid database, Exception problem);

        [LoggerMessage(6002, LogLevel.Error, "KV database {Database} could not remove what has expired")]
        public static partial void NotCollected(ILogger log, Guid database, Exception problem);
    }
}
