namespace Islet.Edge.Admission;

/// <summary>
/// A token bucket that holds one second's worth, as one number (the generic cell rate algorithm of ITU-T I.371): when the
/// next request would be due if all came evenly. Lives as long as its project has routes, whatever the limit becomes.
/// </summary>
sealed class RequestRate
{
    long due;

    /// <param name="perSecond">The present limit, above 0.</param>
    /// <param name="now">Ticks of a clock that never goes back.</param>
    public bool TryTake(int perSecond, long now)
    {
        var step = Math.Max(1, TimeSpan.TicksPerSecond / perSecond);
        while (true)
        {
            var present = Volatile.Read(ref due);
            var next = Math.Max(present, now) + step;
            if (next - now > TimeSpan.TicksPerSecond)
                return false;
            if (Interlocked.CompareExchange(ref due, next, present) == present)
                return true;
        }
    }
}
