using Islet.Contracts;

namespace Islet.Kv.Engine;

/// <summary>
/// How many bytes calls of one database move in a second. Who is beyond waits its turn, so that a program which reads and writes as
/// fast as it can leaves processors to others. Any thread, without a lock.
/// </summary>
sealed class Throughput(long bytesPerSecond, TimeProvider time)
{
    /// <summary>What a call counts at least: it costs more than its bytes.</summary>
    const int Unit = 512;

    readonly TokenBucket moved = new(time);
    readonly int rate = (int)Math.Clamp(bytesPerSecond / Unit, 1, 10_000_000);

    /// <summary>Waits until it may move so many.</summary>
    public async ValueTask PayAsync(long bytes, CancellationToken cancellation)
    {
        if (Take(bytes) is var wait && wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellation);
    }

    /// <summary>Has moved so many, which is known afterwards: later ones wait for them.</summary>
    public void Owe(long bytes) => Take(bytes);

    TimeSpan Take(long bytes) => moved.Take(1 + (int)Math.Min(bytes / Unit, int.MaxValue - 1), rate, Math.Max(1, rate / 4));
}
