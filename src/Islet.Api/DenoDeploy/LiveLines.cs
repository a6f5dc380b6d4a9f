using System.Runtime.CompilerServices;
using Islet.Contracts;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Tokens;
using Microsoft.Extensions.Hosting;

namespace Islet.Api.DenoDeploy;

/// <summary>
/// Lines from now on. Who reads lines gets them without end; who reads one array sees nothing before its end, and
/// therefore gets one. Both end with the server, and when the deployment is no longer the caller's.
/// </summary>
sealed class LiveLines(LogTail tail, LogAccess access, LogStreamOptions options, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    public LogSubscription? Subscribe(DeploymentId deployment, LogFilter filter) => tail.Subscribe(deployment, filter);

    public async IAsyncEnumerable<AppLogLine> ReadAsync(
        LogSubscription subscription, Caller caller, bool endless, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var line in WatchAsync(subscription, caller, endless, cancellation))
            if (line is not null)
                yield return line;
    }

    /// <summary>The same; null when there was nothing for <see cref="LogStreamOptions.CheckAccessEvery"/>.</summary>
    public async IAsyncEnumerable<AppLogLine?> WatchAsync(
        LogSubscription subscription, Caller caller, bool endless, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var total = new CancellationTokenSource(endless ? Timeout.InfiniteTimeSpan : options.ArrayTotal, clock);
        using var idle = new CancellationTokenSource(endless ? Timeout.InfiniteTimeSpan : options.ArrayIdle, clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(total.Token, idle.Token, lifetime.ApplicationStopping, cancellation);
        var checkedAt = clock.GetTimestamp();
        while (!over.IsCancellationRequested)
        {
            await WaitAsync(subscription, over.Token);
            if (clock.GetElapsedTime(checkedAt) >= options.CheckAccessEvery)
            {
                if ((await access.FindAsync(caller, subscription.Deployment, cancellation)).IsRefused(out _))
                    yield break;
                checkedAt = clock.GetTimestamp();
            }

            var any = false;
            while (!over.IsCancellationRequested && subscription.TryRead(out var line))
            {
                if (!endless)
                    idle.CancelAfter(options.ArrayIdle);
                any = true;
                yield return line;
            }
            if (!any)
                yield return null;
        }

        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Returns when there may be a line, or it is time to look around.</summary>
    async Task WaitAsync(LogSubscription subscription, CancellationToken over)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(over);
        enough.CancelAfter(options.CheckAccessEvery);
        await subscription.WaitAsync(enough.Token).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
