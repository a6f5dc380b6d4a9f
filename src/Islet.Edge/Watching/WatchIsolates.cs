using System.Collections.Concurrent;
using Islet.Contracts;
using Islet.Edge.Leasing;
using Microsoft.Extensions.Logging;

namespace Islet.Edge.Watching;

/// <summary>
/// One thread that looks after the isolates with requests in flight, each when it could be over a limit at the earliest:
/// processor time, and an event loop that stands. It sleeps while there are none. Requests pay one read of a flag.
/// </summary>
sealed partial class WatchIsolates : IDisposable
{
    static readonly TimeSpan KillAgainAfter = TimeSpan.FromSeconds(1);

    readonly IIsolates isolates;
    readonly TimeProvider time;
    readonly ILogger<WatchIsolates> log;
    readonly long began;
    readonly ConcurrentQueue<LiveIsolate> called = new();
    readonly object bell = new();
    readonly List<(LiveIsolate Isolate, IsolateWatch Watch)> watched = [];
    readonly Thread thread;

    // both under the bell
    bool rung;
    bool stopping;

    public WatchIsolates(IIsolates isolates, TimeProvider time, ILogger<WatchIsolates> log)
    {
        (this.isolates, this.time, this.log) = (isolates, time, log);
        began = time.GetTimestamp();
        thread = new Thread(Run) { IsBackground = true, Name = "isolate watch" };
        thread.Start();
    }

    /// <summary>Any thread: look at it from now on, until it rests.</summary>
    public void Call(LiveIsolate isolate)
    {
        called.Enqueue(isolate);
        Ring();
    }

    public void Dispose()
    {
        lock (bell)
            stopping = true;
        Ring();
        thread.Join();
    }

    void Run()
    {
        for (var wait = Timeout.Infinite; Sleep(wait);)
        {
            while (called.TryDequeue(out var isolate))
                Add(isolate);
            var now = Now();
            var due = long.MaxValue;
            for (var at = watched.Count - 1; at >= 0; at--)
            {
                if (Look(watched[at].Isolate, watched[at].Watch, now))
                    due = Math.Min(due, watched[at].Watch.Due);
                else
                    watched.RemoveAt(at);
            }

            wait = due == long.MaxValue ? Timeout.Infinite : (int)Math.Max(1, (due - Now()) / TimeSpan.TicksPerMillisecond);
        }

        foreach (var (_, watch) in watched)
            watch.Dispose();
    }

    void Add(LiveIsolate isolate)
    {
        var watch = isolate.Watch ??= new IsolateWatch(isolate);
        watch.Called();
        watched.Add((isolate, watch));
    }

    /// <summary>False: no more, until somebody calls.</summary>
    bool Look(LiveIsolate isolate, IsolateWatch watch, long now)
    {
        try
        {
            if (isolate.IsReturned || isolate.Lease.Ended.IsCompleted)
            {
                watch.Dispose();
                return false;
            }

            if (watch.Due > now)
                return true;
            if (watch.Look(now) is { } reason)
            {
                // nothing new lands on it, then it goes; those in flight know why
                watch.PutOff(now + KillAgainAfter.Ticks);
                isolate.Condemn(reason);
                isolates.Kill(isolate.Lease, reason);
            }

            return !watch.MayRest || !isolate.TryRest();
        }
        catch (Exception e)
        {
            // one that cannot be watched or killed must not blind the watch for the others
            Log.WatchFailed(log, e, isolate.Lease.Deployment);
            return true;
        }
    }

    void Ring()
    {
        lock (bell)
        {
            rung = true;
            Monitor.Pulse(bell);
        }
    }

    bool Sleep(int milliseconds)
    {
        lock (bell)
        {
            if (!rung)
                Monitor.Wait(bell, milliseconds);
            rung = false;
            return !stopping;
        }
    }

    long Now() => time.GetElapsedTime(began).Ticks;

    static partial class Log
    {
        [LoggerMessage(2003, LogLevel.Error, "The isolate of {Deployment} could not be watched or killed")]
        public static partial void WatchFailed(ILogger log, Exception exception, DeploymentId deployment);
    }
}
