using Islet.ControlPlane.Deployments;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// Builds what is pending. The table is the queue: a claim is a conditional update, and what this node had claimed when
/// it was killed is given back at its next start.
/// </summary>
sealed partial class BuildQueue(
    BuildDeployment build,
    ModuleCaches caches,
    BuildBell bell,
    IServiceScopeFactory scopes,
    IOptions<BuildsOptions> options,
    IOptions<ControlPlaneOptions> controlPlane,
    ILogger<BuildQueue> logger) : BackgroundService
{
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);
    static readonly string Node = Environment.MachineName;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using (var scope = scopes.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<ClaimDeployment>().ReleaseAsync(Node, stoppingToken);
        build.Prepare();
        await caches.OpenAsync();
        var rules = new ModuleHostRules(options.Value);
        using var fetch = new ModuleFetch(rules);
        await Task.WhenAll(Enumerable.Range(0, options.Value.Concurrency).Select(index => BuildAsync(index, fetch, rules, stoppingToken)));
        caches.Close();
    }

    /// <summary>One builder with a door of its own, one build at a time.</summary>
    async Task BuildAsync(int index, ModuleFetch fetch, ModuleHostRules rules, CancellationToken stopping)
    {
        var builder = $"{Node}/{index}";
        var share = Math.Max(1, options.Value.Concurrency - 1); // one is left for others
        var failures = 0;
        var doorPath = Path.Combine(Path.GetFullPath(controlPlane.Value.DataDirectory), "run", $"modules-{index}.sock");
        await using var door = await ModuleDoor.OpenAsync(doorPath, fetch, rules, options.Value, stopping);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                var claims = scope.ServiceProvider.GetRequiredService<ClaimDeployment>();
                if (failures > 0)
                    await claims.ReleaseAsync(builder, stopping);
                if (await claims.NextAsync(builder, share, stopping) is not { } plan)
                {
                    failures = 0;
                    await bell.WaitAsync(LookAgain, stopping);
                    continue;
                }
                bell.Ring();
                await build.RunAsync(plan, door, doorPath, stopping);
                failures = 0;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                var pause = BackOff(++failures);
                Log.QueueFailed(logger, pause.TotalSeconds, exception);
                await Task.Delay(pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>1 s, 2 s, 4 s and so on.</summary>
    static TimeSpan BackOff(int failures) =>
        failures < 6 ? LookAgain * (1 << (failures - 1)) : LongestBackOff;

    static partial class Log
    {
        [LoggerMessage(2100, LogLevel.Error, "The build queue could not go on; it tries again in {Seconds} s")]
        public static partial void QueueFailed(ILogger logger, double seconds, Exception exception);
    }
}
