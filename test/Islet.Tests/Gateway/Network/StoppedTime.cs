namespace Islet.Tests.Gateway.Network;

/// <summary>A clock that stands still until it is told, with its timers: what waits goes on when the time has come.</summary>
internal sealed class StoppedTime : TimeProvider
{
    readonly Lock gate = new();
    readonly List<Waiting> timers = [];
    long now = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Waiting(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (gate)
            timers.Add(timer);
        return timer;
    }

    public void Forward(TimeSpan span)
    {
        Waiting[] present;
        lock (gate)
        {
            now += span.Ticks;
            present = [.. timers];
        }
        foreach (var timer in present)
            timer.Look();
    }

    sealed class Waiting(StoppedTime time, Action act) : ITimer
    {
        long due;
        long every;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            every = period.Ticks;
            Volatile.Write(ref due, dueTime < TimeSpan.Zero ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks);
            return true;
        }

        public void Look()
        {
            if (Volatile.Read(ref due) > time.GetTimestamp())
                return;
            Volatile.Write(ref due, every > 0 ? time.GetTimestamp() + every : long.MaxValue);
            act();
        }

        public void Dispose()
        {
            lock (time.gate)
                time.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
