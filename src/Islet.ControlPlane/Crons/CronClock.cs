using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Crons;

/// <summary>
/// The one clock of this node. Each node has one on the same rows: whoever comes first runs what is due. It sleeps until
/// something is, but looks every few seconds for what others changed.
/// </summary>
sealed partial class CronClock(RunCron run, CronBell bell, IServiceScopeFactory scopes, TimeProvider time, ILogger<CronClock> logger) : BackgroundService
{
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);
    static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);

    /// <summary>For runs under way when the server stops.</summary>
    static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);

    DateTimeOffset forgetAt = DateTimeOffset.MinValue;

    /// <summary>One look. Gives when the next one is due.</summary>
    internal async Task<TimeSpan> TickAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var claims = scope.ServiceProvider.GetRequiredService<ClaimCronRuns>();

        // 1 whose crons run
        await scope.ServiceProvider.GetRequiredService<FollowProduction>().RunAsync(cancellation);
        await claims.RenewAsync(run.UnderWay, cancellation);

        // 2 what is due; the next look comes soon when there is more
        await claims.TakeDueAsync(run.Start, cancellation);

        // 3 what is old
        if (time.GetUtcNow() is var now && now >= forgetAt)
        {
            forgetAt = now + ForgetEvery;
            await claims.ForgetOldAsync(cancellation);
        }
        return await claims.NextDueAsync(cancellation) is { } next ? Bounded(next - time.GetUtcNow()) : LookAgain;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var released = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = LookAgain;
            try
            {
                if (!released)
                    await ReleaseAsync(stoppingToken);
                released = true;
                pause = await TickAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                Log.ClockFailed(logger, exception);
            }
            await bell.WaitAsync(pause, time, stoppingToken);
        }
        await run.StopAsync(StopGrace);
    }

    async Task ReleaseAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ClaimCronRuns>().ReleaseAsync(cancellation);
    }

    static TimeSpan Bounded(TimeSpan pause) => pause < ShortestPause ? ShortestPause : pause > LookAgain ? LookAgain : pause;

    static partial class Log
    {
        [LoggerMessage(2700, LogLevel.Error, "Crons that are due could not be looked for; it is tried again")]
        public static partial void ClockFailed(ILogger logger, Exception exception);
    }
}
