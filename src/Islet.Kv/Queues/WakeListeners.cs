using Islet.Contracts;

namespace Islet.Kv.Queues;

/// <summary>Starts who has listened before, when a message is due and nobody is there. Programs that do not come are asked more and more rarely.</summary>
sealed class WakeListeners(Guid database, IQueueListeners? known, TimeProvider time)
{
    /// <summary>A program that was started has this long until it listens.</summary>
    static readonly TimeSpan ListenLimit = TimeSpan.FromSeconds(10);

    static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Last = TimeSpan.FromMinutes(1);

    TimeSpan pause = TimeSpan.Zero;
    long tried;

    /// <summary>Somebody is there: the next time is tried at once.</summary>
    public void Listens() => pause = TimeSpan.Zero;

    /// <summary>How long to wait when a message is due after that time.</summary>
    public TimeSpan Pause(TimeSpan untilDue)
    {
        var left = pause - time.GetElapsedTime(tried);
        return left > untilDue ? left : untilDue;
    }

    public async Task RunAsync(SemaphoreSlim rung, Func<bool> listens, CancellationToken cancellation)
    {
        if (known is null || time.GetElapsedTime(tried) < pause)
            return;
        tried = time.GetTimestamp();
        pause = pause == TimeSpan.Zero ? First : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, Last.Ticks));
        var visits = await known.StartAsync(database, cancellation);
        try
        {
            for (var began = tried; visits.Count > 0 && !listens() && time.GetElapsedTime(began) < ListenLimit;)
                await rung.WaitAsync(First, cancellation);
        }
        finally
        {
            foreach (var visit in visits)
                visit.Dispose();
        }
    }
}
