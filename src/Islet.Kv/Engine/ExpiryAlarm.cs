namespace Islet.Kv.Engine;

/// <summary>Rings once when the next entry expires; then it is to be set again.</summary>
sealed class ExpiryAlarm : IAsyncDisposable
{
    const long Rung = 0;

    static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    readonly Lock gate = new();
    readonly TimeProvider time;
    readonly ITimer timer;
    long at = long.MaxValue;

    public ExpiryAlarm(Action ring, TimeProvider time)
    {
        this.time = time;
        timer = time.CreateTimer(
            _ =>
            {
                Volatile.Write(ref at, Rung);
                ring();
            },
            null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <param name="next">Milliseconds since 1970; <see cref="long.MaxValue"/> is never.</param>
    public void Set(long next)
    {
        if (next == Volatile.Read(ref at))
            return; // so after most commits
        lock (gate)
        {
            Volatile.Write(ref at, next);
            timer.Change(next == long.MaxValue ? Timeout.InfiniteTimeSpan : Until(next), Timeout.InfiniteTimeSpan);
        }
    }

    public ValueTask DisposeAsync() => timer.DisposeAsync();

    TimeSpan Until(long next) => TimeSpan.FromMilliseconds(Math.Clamp(
        next - time.GetUtcNow().ToUnixTimeMilliseconds(), ShortestPause.TotalMilliseconds, LongestPause.TotalMilliseconds));
}
