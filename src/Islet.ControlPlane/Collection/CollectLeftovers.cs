using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Collection;

/// <summary>
/// Removes what deleted deployments leave behind, now and then all of it, and soon what was just deleted. Rows decide,
/// files follow: a kill at any point leaves files that the next start finds, never a row without its file.
/// </summary>
sealed partial class CollectLeftovers(
    Leftovers leftovers,
    CollectDeployments deployments,
    CollectAssets assets,
    IOptions<ControlPlaneOptions> options,
    TimeProvider time,
    ILogger<CollectLeftovers> logger) : BackgroundService
{
    static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>Longer than isolates may take to drain: a jail may show them the artifact itself.</summary>
    static readonly TimeSpan DrainTime = TimeSpan.FromMinutes(1);

    readonly TimeSpan drained = Shorter(DrainTime, options.Value.KeepUnusedAssets);
    readonly TimeSpan pause = Shorter(LongestPause, options.Value.KeepUnusedAssets) is var wanted && wanted > ShortestPause ? wanted : ShortestPause;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            // 1 all
            await TryAsync(async () =>
            {
                await CollectAsync(deployments.ListAll(), stoppingToken);
                await assets.RunAsync(stoppingToken);
            }, stoppingToken);

            // 2 until the next round, what is told
            var start = time.GetTimestamp();
            while (pause - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
                if (await leftovers.TakeAsync(left, time, stoppingToken) is { Count: > 0 } told)
                    await TryAsync(() => CollectAsync(told, stoppingToken), stoppingToken);
        }
    }

    async Task CollectAsync(IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        await deployments.RemoveLogsAsync(names, cancellation);
        var unused = await deployments.FindUnusedArtifactsAsync(names, cancellation);
        if (unused.Count == 0)
            return;
        await Task.Delay(drained, time, cancellation);
        deployments.RemoveArtifacts(unused, cancellation);
        Log.ArtifactsRemoved(logger, unused.Count);
    }

    async Task TryAsync(Func<Task> work, CancellationToken stopping)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            // Nothing but room on the disk depends on it.
            Log.CollectionFailed(logger, exception);
        }
    }

    static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    static partial class Log
    {
        [LoggerMessage(2500, LogLevel.Information, "Removed {Count} artifacts that no deployment has")]
        public static partial void ArtifactsRemoved(ILogger logger, int count);

        [LoggerMessage(2501, LogLevel.Error, "What deleted deployments left behind could not be removed; it is tried again")]
        public static partial void CollectionFailed(ILogger logger, Exception exception);
    }
}
