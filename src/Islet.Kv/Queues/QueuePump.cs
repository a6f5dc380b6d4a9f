using System.Collections.Immutable;
using Islet.Contracts;
using Islet.Kv.Engine;
using Microsoft.Extensions.Logging;

namespace Islet.Kv.Queues;

/// <summary>
/// Gives due messages of one database to who listens, and starts somebody when nobody does. A message that was given is
/// leased: when its handler's end is not told, it is due again.
/// </summary>
sealed partial class QueuePump : IAsyncDisposable
{
    const long LeaseMilliseconds = 5_000;

    static readonly TimeSpan UntilGivenAgain = TimeSpan.FromSeconds(1);
    static readonly TimeSpan ExtendEvery = TimeSpan.FromSeconds(2);
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1); // where other nodes enqueue, too
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    readonly KvDatabase database;
    readonly WakeListeners wake;
    readonly IQueueListeners? known;
    readonly TimeProvider time;
    readonly ILogger log;
    readonly CancellationTokenSource ended = new();
    readonly SemaphoreSlim rung = new(0, 1);
    readonly Task loop;
    ImmutableArray<QueueListener> listeners = [];
    ImmutableArray<QueueListener> leaving = []; // their streams are over, their handlers not yet
    long extended;

    public QueuePump(KvDatabase database, IQueueListeners? known, TimeProvider time, ILogger log)
    {
        (this.database, this.known, this.time, this.log) = (database, known, time, log);
        wake = new(database.Id, known, time);
        loop = Task.Run(RunAsync);
    }

    public int Listeners => listeners.Length;

    public int Running => listeners.Sum(listener => listener.Running.Count);

    public bool HasListeners => !listeners.IsEmpty;

    /// <summary>Something may be due, or somebody free.</summary>
    public void Ring()
    {
        try
        {
            rung.Release();
        }
        catch (SemaphoreFullException)
        {
            // it will look anyway
        }
    }

    public QueueListener Add(SlotCaller caller)
    {
        var listener = new QueueListener(caller, this);
        ImmutableInterlocked.Update(ref listeners, static (all, one) => all.Add(one), listener);
        known?.Note(database.Id, caller.Project);
        wake.Listens();
        Ring();
        return listener;
    }

    /// <summary>Its stream is over. What it had is due again soon, and has not failed; a handler that just ended may say so until then.</summary>
    public async ValueTask RemoveAsync(QueueListener listener)
    {
        ImmutableInterlocked.Update(ref leaving, static (all, one) => all.Add(one), listener);
        ImmutableInterlocked.Update(ref listeners, static (all, one) => all.Remove(one), listener);
        listener.Leave();
        var left = listener.Running.ToList();
        if (left.Count > 0 && !ended.IsCancellationRequested)
        {
            await database.QueueAsync(new PendingExtension(left, (long)UntilGivenAgain.TotalMilliseconds), CancellationToken.None);
            await Task.Delay(UntilGivenAgain, time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        ImmutableInterlocked.Update(ref leaving, static (all, one) => all.Remove(one), listener);
    }

    /// <summary>A handler has ended. False: the message is nobody's of this isolate.</summary>
    public async ValueTask<bool> FinishAsync(IsolateId isolate, long id, bool delivered, CancellationToken cancellation)
    {
        foreach (var listener in listeners.AddRange(leaving))
        {
            if (listener.Caller.Isolate != isolate || !listener.TryTake(id, out var message))
                continue;
            return await database.QueueAsync(new PendingFinish(message, delivered), cancellation);
        }
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        foreach (var listener in listeners)
            listener.End();
        await loop;
        // the rest is memory: streams may still tell of their ends
    }

    async Task RunAsync()
    {
        while (!ended.IsCancellationRequested)
            try
            {
                await rung.WaitAsync(Pause(), ended.Token);
                await StepAsync();
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                Log.NotPumped(log, database.Id, problem);
                await Task.Delay(Poll, time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    async Task StepAsync()
    {
        // 1 what is being handled stays leased, and its isolate alive
        if (time.GetElapsedTime(extended) >= ExtendEvery)
            await ExtendAsync();
        await StayAsync();
        if (database.IsShared)
            await database.LookAheadAsync(ended.Token);

        // 2 what is due
        if (database.NextDue > time.GetUtcNow().ToUnixTimeMilliseconds())
            return;
        if (!HasListeners)
        {
            await wake.RunAsync(rung, () => HasListeners, ended.Token);
            if (!HasListeners)
                return;
        }
        var free = listeners.Sum(listener => listener.Free);
        if (free > 0)
            Give(await database.QueueAsync(new PendingClaim(Math.Min(free, QueueListener.AtOnce), LeaseMilliseconds), ended.Token));
        await StayAsync();
    }

    /// <summary>An isolate that handles messages does not end for idleness; one that has done so may.</summary>
    async ValueTask StayAsync()
    {
        foreach (var listener in listeners)
            if (known is not null)
                await listener.StayAsync(known, ended.Token);
    }

    /// <summary>To who has the fewest.</summary>
    void Give(IReadOnlyList<QueuedMessage> messages)
    {
        foreach (var message in messages)
            if (listeners.MaxBy(listener => listener.Free) is { } listener)
                listener.Give(message); // without one its lease ends
    }

    async Task ExtendAsync()
    {
        extended = time.GetTimestamp();
        var running = listeners.SelectMany(listener => listener.Running).ToList();
        if (running.Count > 0)
            await database.QueueAsync(new PendingExtension(running, LeaseMilliseconds), ended.Token);
    }

    /// <summary>Until the next message is due, or a lease is to be extended.</summary>
    TimeSpan Pause()
    {
        var until = database.NextDue == long.MaxValue
            ? Longest
            : TimeSpan.FromMilliseconds(Math.Clamp(database.NextDue - time.GetUtcNow().ToUnixTimeMilliseconds(), 0, Longest.TotalMilliseconds));
        if (!HasListeners)
            return wake.Pause(until);
        var busy = listeners.Any(listener => listener.Free < QueueListener.AtOnce);
        if (busy && until > ExtendEvery)
            until = ExtendEvery;
        if (listeners.All(listener => listener.Free == 0))
            return ExtendEvery; // a handler's end rings
        return database.IsShared && until > Poll ? Poll : until;
    }

    static partial class Log
    {
        [LoggerMessage(6030, LogLevel.Error, "Messages of KV database {Database} could not be given out")]
        public static partial void NotPumped(ILogger log, Guid database, Exception problem);
    }
}
