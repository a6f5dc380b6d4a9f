using System.Collections.Concurrent;

namespace Islet.Api.Rates;

/// <summary>What one bucket says to one call.</summary>
/// <param name="Remaining">Calls that could follow at once.</param>
/// <param name="Reset">Until all of <paramref name="Limit"/> are there again.</param>
/// <param name="Wait">Zero when the call was let through, else until the next one may be.</param>
readonly record struct RateVerdict(int Limit, int Remaining, TimeSpan Reset, TimeSpan Wait)
{
    public bool IsRefused => Wait > TimeSpan.Zero;
}

/// <summary>
/// A bucket for each key that calls: one number, the time at which it is full again, moved by compare-and-swap, so that
/// calls never wait for one another. A key that is full again is the same as one never seen, and is forgotten.
/// </summary>
sealed class CallRate<TKey>(int perSecond, TimeProvider time)
    where TKey : notnull
{
    const int SecondsAtOnce = 10;
    const int MaxKeys = 50_000;

    readonly ConcurrentDictionary<TKey, Bucket> buckets = new();
    readonly long interval = perSecond == 0 ? 0 : TimeSpan.TicksPerSecond / perSecond;

    internal int Keys => buckets.Count;

    int Limit => perSecond * SecondsAtOnce;

    /// <summary>Null when there is no limit.</summary>
    public RateVerdict? Take(TKey key)
    {
        if (perSecond == 0)
            return null;
        var now = time.GetUtcNow().Ticks;
        var bucket = buckets.TryGetValue(key, out var known) ? known : Add(key, now);
        while (true)
        {
            var fullAt = Volatile.Read(ref bucket.FullAt);
            var next = Math.Max(fullAt, now) + interval;
            var missing = next - now - Limit * interval;
            if (missing > 0)
                return new(Limit, 0, TimeSpan.FromTicks(fullAt - now), TimeSpan.FromTicks(missing));
            if (Interlocked.CompareExchange(ref bucket.FullAt, next, fullAt) == fullAt)
                return new(Limit, (int)((Limit * interval - (next - now)) / interval), TimeSpan.FromTicks(next - now), TimeSpan.Zero);
        }
    }

    Bucket Add(TKey key, long now)
    {
        if (buckets.Count >= MaxKeys)
            Forget(now);
        return buckets.GetOrAdd(key, static _ => new());
    }

    /// <summary>Those that are full; all, when none is: better to let some through than to grow.</summary>
    void Forget(long now)
    {
        foreach (var (key, bucket) in buckets)
            if (Volatile.Read(ref bucket.FullAt) <= now)
                buckets.TryRemove(key, out _);
        if (buckets.Count >= MaxKeys)
            buckets.Clear();
    }

    sealed class Bucket
    {
        public long FullAt;
    }
}
