using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Nodes;
using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// Builds what is pending. The table is the queue: a claim is a conditional update that holds while its builder says so.
/// What this node had claimed when it was killed is given back at its next start, or taken by another node before.
/// </summary>
sealed partial class BuildQueue(
    BuildDeployment build,
    ModuleCaches caches,
    BuildBell bell,
    Node node,
    IServiceScopeFactory scopes,
    IOptions<BuildsOptions> options,
    IOptions<ControlPlaneOptions> controlPlane,
    TimeProvider time,
    ILogger<BuildQueue> logger) : BackgroundService
{
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ReleaseAsync(stoppingToken);
        build.Prepare();
        await caches.OpenAsync();
        var rules = new ModuleHostRules(options.Value);
        using var fetch = new ModuleFetch(rules);
        await Task.WhenAll(Enumerable.Range(0, options.Value.Concurrency).Select(index => BuildAsync(index, fetch, rules, stoppingToken)));
        caches.Close();
        await ReleaseAsync(CancellationToken.None);
    }

    /// <summary>What this node holds is for whoever comes first.</summary>
    async Task ReleaseAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ClaimDeployment>().ReleaseAsync(node.Name, cancellation);
    }

    /// <summary>One builder with a door of its own, one build at a time.</summary>
    async Task BuildAsync(int index, ModuleFetch fetch, ModuleHostRules rules, CancellationToken stopping)
    {
        var builder = $"{node.Name}/{index}";
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
                await BuildAsync(plan, door, doorPath, stopping);
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

    async Task BuildAsync(DeploymentPlan plan, ModuleDoor door, string doorPath, CancellationToken stopping)
    {
        await using var claim = new HoldClaim(scopes, plan, options.Value.Lease, time, stopping);
        try
        {
            await build.RunAsync(plan, door, doorPath, claim.Lost);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested && claim.Lost.IsCancellationRequested)
        {
            build.Leave(plan.Id);
            Log.ClaimLost(logger, plan.Id);
        }
    }

    /// <summary>1 s, 2 s, 4 s and so on.</summary>
    static TimeSpan BackOff(int failures) =>
        failures < 6 ? LookAgain * (1 << (failures - 1)) : LongestBackOff;

    static partial class Log
    {
        [LoggerMessage(2104, LogLevel.Warning, "Build of {Deployment} was given up: it was deleted, or another node has it")]
        public static partial void ClaimLost(ILogger logger, DeploymentId deployment);

        [LoggerMessage(2100, LogLevel.Error, "The build queue could not go on; it tries again in {Seconds} s")]
        public static partial void QueueFailed(ILogger logger, double seconds, Exception exception);
    }
}
