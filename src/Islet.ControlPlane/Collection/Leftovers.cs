using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.ControlPlane.Collection;

/// <summary>
/// Deployments that may have left something behind. It only saves the wait for the collector's next round, which finds
/// the same by itself: what comes while the channel is full is left out.
/// </summary>
public sealed class Leftovers
{
    readonly Channel<string> names = Channel.CreateBounded<string>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <param name="artifactId">Null when it had none, or none but its own.</param>
    public void Add(DeploymentId deployment, string? artifactId)
    {
        names.Writer.TryWrite(deployment.Value);
        if (artifactId is not null && artifactId != deployment.Value)
            names.Writer.TryWrite(artifactId);
    }

    /// <summary>Waits for some and takes all; empty when none came within <paramref name="atMost"/>.</summary>
    internal async Task<HashSet<string>> TakeAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await names.Reader.WaitToReadAsync(either.Token);
            while (names.Reader.TryRead(out var name))
                taken.Add(name);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // the time is up
        }
        return taken;
    }
}
