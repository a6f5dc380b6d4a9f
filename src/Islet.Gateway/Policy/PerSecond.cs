namespace Islet.Gateway.Policy;

/// <summary>So many a second. Two threads at the turn of a second may both begin it: some more, no harm.</summary>
sealed class PerSecond(int limit, TimeProvider time)
{
    long second = -1;
    int taken;

    public bool TryTake()
    {
        var now = (long)time.GetElapsedTime(0).TotalSeconds;
        if (Interlocked.Exchange(ref second, now) != now)
            Volatile.Write(ref taken, 0);
        return Interlocked.Increment(ref taken) <= limit;
    }
}
