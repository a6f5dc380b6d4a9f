using System.Collections.Concurrent;
using System.Security.Cryptography;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Crons;

/// <summary>
/// Runs on this node, from their row to their end:
/// 1 enter the isolate → 2 tell it to run the handler, wait for its end → 3 leave → 4 write how it was, or wait and try again.
/// </summary>
public sealed partial class RunCron(
    IVisits visits, IIsolateCrons crons, ILogSink logs, IServiceScopeFactory scopes, IOptions<CronsOptions> options, TimeProvider time, ILogger<RunCron> logger)
    : IAsyncDisposable
{
    /// <summary>Another node may have moved the host just before.</summary>
    static readonly TimeSpan RouteGrace = TimeSpan.FromSeconds(1);

    static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(2);

    /// <summary>All minutes begin at once; a start costs a processor.</summary>
    const int StartsAtOnce = 16;

    readonly ConcurrentDictionary<Guid, Task> underWay = new();
    readonly SemaphoreSlim starts = new(StartsAtOnce, StartsAtOnce);
    readonly CancellationTokenSource stopping = new();

    internal ICollection<Guid> UnderWay => underWay.Keys;

    /// <summary>Begins; does not wait.</summary>
    /// <param name="backoff">Waits before further tries.</param>
    internal void Start(CronRun run, IReadOnlyList<TimeSpan> backoff)
    {
        var task = Task.Run(() => RunAsync(run, backoff), CancellationToken.None);
        underWay[run.Id] = task;
        _ = task.ContinueWith(_ => underWay.TryRemove(run.Id, out var _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Runs under way may end; those that do not within the grace have failed.</summary>
    internal async Task StopAsync(TimeSpan grace)
    {
        await Task.WhenAny(Task.WhenAll(underWay.Values), Task.Delay(grace, time));
        await stopping.CancelAsync();
        await Task.WhenAll(underWay.Values);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(underWay.Values);
        starts.Dispose();
        stopping.Dispose();
    }

    async Task RunAsync(CronRun run, IReadOnlyList<TimeSpan> backoff)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var error = await TryOnceAsync(run);
                if (error is not null)
                    Tell(run, error);
                if (!await WriteAsync(claims => claims.TellAsync(run, attempt, Cut(error), CancellationToken.None)))
                    return; // its row was taken from this node
                var again = error is not null && attempt <= backoff.Count && !stopping.IsCancellationRequested;
                if (again)
                {
                    await Task.Delay(backoff[attempt - 1], time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    again = !stopping.IsCancellationRequested && await IsLiveAsync(run);
                }
                if (again)
                    continue;
                await WriteAsync(claims => EndAsync(claims, run, error is null ? CronRunStatus.Succeeded : CronRunStatus.Failed));
                return;
            }
        }
        catch (Exception exception)
        {
            // nobody speaks of its row any more: a clock ends it
            Log.RunBroke(logger, exception, run.Id, run.DeploymentId);
        }
    }

    /// <summary>Null when it succeeded.</summary>
    async Task<string?> TryOnceAsync(CronRun run)
    {
        using var limit = new CancellationTokenSource(options.Value.TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping.Token);
        try
        {
            // 1 enter
            var entered = await EnterAsync(run, either.Token);
            if (!entered.Entered)
                return entered.Problem;

            // 2 run, 3 leave
            using var visit = entered.Visit;
            var end = await crons.RunAsync(visit.Lease.Id, run.Name, Traceparent(run.Id), either.Token);
            return end.Lost ? await WhyAsync(visit.Lease, end.Error!) : end.Error;
        }
        catch (OperationCanceledException)
        {
            return stopping.IsCancellationRequested ? "The server stopped" : $"It took longer than {options.Value.TimeLimit.TotalSeconds:0.#} s";
        }
    }

    async Task<VisitOutcome> EnterAsync(CronRun run, CancellationToken cancellation)
    {
        await starts.WaitAsync(cancellation);
        try
        {
            for (var again = false; ; again = true)
            {
                if (await HostAsync(run.DeploymentId, cancellation) is not { } host)
                    return new(null, "No host leads to the deployment");
                var outcome = await visits.EnterAsync(host, run.DeploymentId, cancellation);
                if (outcome.IsRouted || again)
                    return outcome;
                await Task.Delay(RouteGrace, time, cancellation);
            }
        }
        finally
        {
            starts.Release();
        }
    }

    async Task<string?> HostAsync(DeploymentId deployment, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<FirstHost>().FindAsync(deployment, cancellation);
    }

    /// <summary>An isolate's sockets tell of its end a little earlier than its supervisor, who knows why.</summary>
    async Task<string> WhyAsync(IsolateLease lease, string error)
    {
        await Task.WhenAny(lease.Ended, Task.Delay(EndGrace, time));
        return !lease.Ended.IsCompleted ? error : (await lease.Ended).Reason switch
        {
            ShutdownReason.MemoryLimit => "The isolate reached its memory limit",
            ShutdownReason.CpuLimit => "The isolate reached its limit of processor time",
            ShutdownReason.EventLoopBlocked => "The isolate's event loop was blocked for too long",
            ShutdownReason.TimeLimit => "The isolate reached its time limit",
            ShutdownReason.Crashed => "The isolate ended by an error",
            ShutdownReason.Exited => "The program ended itself",
            ShutdownReason.Replaced or ShutdownReason.Deleted => "The deployment was replaced or deleted",
            ShutdownReason.Idle or ShutdownReason.ServerStopping => error,
        };
    }

    /// <summary>A deployment that has been replaced meanwhile gets no further tries.</summary>
    async Task<bool> IsLiveAsync(CronRun run)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ProductionDeployments>().FindActingAsync(run.ProjectId, CancellationToken.None) == run.DeploymentId;
    }

    void Tell(CronRun run, string error) =>
        logs.Write(new(run.DeploymentId, time.GetUtcNow(), LogSeverity.Error, $"cron \"{run.Name}\" failed: {error}", run.Id.ToString("N")));

    async Task<bool> WriteAsync(Func<ClaimCronRuns, Task<bool>> write)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await write(scope.ServiceProvider.GetRequiredService<ClaimCronRuns>());
    }

    static async Task<bool> EndAsync(ClaimCronRuns claims, CronRun run, CronRunStatus status)
    {
        await claims.EndAsync(run, status, CancellationToken.None);
        return true;
    }

    static string? Cut(string? error) => error?.Length > CronRun.MaxError ? error[..CronRun.MaxError] : error;

    /// <summary>The run's id is the trace, so that what its handler prints can be found by it.</summary>
    static string Traceparent(Guid run) => $"00-{run:N}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}-01";

    static partial class Log
    {
        [LoggerMessage(2701, LogLevel.Error, "Run {Run} of a cron of {Deployment} broke")]
        public static partial void RunBroke(ILogger logger, Exception exception, Guid run, DeploymentId deployment);
    }
}
