using System.Threading.Channels;

namespace Islet.ControlPlane.Deployments;

/// <summary>
/// Wakes the build queue of this node when a row became pending. The table is the queue, the bell only saves the wait:
/// rings that come while nobody waits are one ring.
/// </summary>
public sealed class BuildBell
{
    readonly Channel<bool> rings = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring() => rings.Writer.TryWrite(true);

    /// <summary>Returns at the next ring, or after <paramref name="atMost"/>: another node may have added work.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(atMost);
        try
        {
            await rings.Reader.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // the time is up: look at the table anyway
        }
    }
}
