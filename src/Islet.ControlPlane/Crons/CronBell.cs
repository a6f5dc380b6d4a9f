using System.Threading.Channels;

namespace Islet.ControlPlane.Crons;

/// <summary>Wakes this node's clock when crons were added. Rings that come while nobody waits are one ring.</summary>
public sealed class CronBell
{
    readonly Channel<bool> rings = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring() => rings.Writer.TryWrite(true);

    /// <summary>Returns at the next ring, after <paramref name="atMost"/>, or when cancelled.</summary>
    internal async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            await rings.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // the time is up, or it is to stop: the caller looks
        }
    }
}
