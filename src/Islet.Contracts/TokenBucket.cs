namespace Islet.Contracts;

/// <summary>
/// A token bucket as one number (the generic cell rate algorithm of ITU-T I.371): when the next one would be due if all came
/// evenly. Any thread, without a lock; nothing is allocated. The rate may be another one each time.
/// </summary>
/// <param name="time">Its timestamps never go back.</param>
public sealed class TokenBucket(TimeProvider time)
{
    // ticks of 100 ns
    long due;

    /// <summary>False: not now, and nothing was taken.</summary>
    /// <param name="rate">A second, from 1 to 10,000,000.</param>
    /// <param name="burst">So many at once, when none came for long enough.</param>
    public bool TryTake(int rate, int burst) => Take(rate, burst, TimeSpan.Zero) is not null;

    /// <summary>Takes one in any case. Zero, or how long the taker has to wait before it goes on.</summary>
    public TimeSpan Take(int rate, int burst) => Take(rate, burst, TimeSpan.MaxValue)!.Value;

    /// <summary>The same of so many.</summary>
    public TimeSpan Take(int count, int rate, int burst) => Take(count, rate, burst, TimeSpan.MaxValue)!.Value;

    /// <summary>Zero, or how long the taker has to wait until its turn; null: longer than that, and nothing was taken.</summary>
    public TimeSpan? Take(int rate, int burst, TimeSpan longest) => Take(1, rate, burst, longest);

    TimeSpan? Take(int count, int rate, int burst, TimeSpan longest)
    {
        var step = TimeSpan.TicksPerSecond / rate;
        while (true)
        {
            var (now, present) = (time.GetElapsedTime(0).Ticks, Volatile.Read(ref due));
            var next = Math.Max(present, now) + (step * count);
            var wait = Math.Max(0, next - now - (step * burst));
            if (wait > longest.Ticks)
                return null;
            if (Interlocked.CompareExchange(ref due, next, present) == present)
                return TimeSpan.FromTicks(wait);
        }
    }
}
