using System.Runtime.CompilerServices;
using Islet.ControlPlane.Logs;

namespace Islet.Api.DenoDeploy;

/// <summary>A subscription as a sequence that ends.</summary>
static class LiveLines
{
    /// <summary>
    /// Lines as they come, until <paramref name="stop"/> (an end, not an error), the idle or the total time.
    /// <see cref="Timeout.InfiniteTimeSpan"/> is no limit.
    /// </summary>
    public static async IAsyncEnumerable<AppLogLine> ReadAsync(
        LogSubscription subscription, TimeSpan idle, TimeSpan total, TimeProvider clock, CancellationToken stop,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var totalTime = new CancellationTokenSource(total, clock);
        using var idleTime = new CancellationTokenSource(idle, clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(totalTime.Token, idleTime.Token, stop, cancellation);
        while (await ArrivesAsync(subscription, over.Token))
        {
            while (!over.IsCancellationRequested && subscription.TryRead(out var line))
            {
                idleTime.CancelAfter(idle);
                yield return line;
            }
        }

        cancellation.ThrowIfCancellationRequested();
    }

    static async Task<bool> ArrivesAsync(LogSubscription subscription, CancellationToken over)
    {
        try
        {
            await subscription.WaitAsync(over);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false; // one of the ends; which one does not matter to the sequence
        }
    }
}
