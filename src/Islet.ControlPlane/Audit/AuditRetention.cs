using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Audit;

/// <summary>Forgets lines of the audit log that are older than they are to be kept, once an hour.</summary>
sealed partial class AuditRetention(
    IServiceScopeFactory scopes, IOptions<ControlPlaneOptions> options, TimeProvider time, ILogger<AuditRetention> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    internal async Task RunAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var oldest = time.GetUtcNow() - options.Value.KeepAudit;
        await scope.ServiceProvider.GetRequiredService<IsletDb>().AuditLog.Where(entry => entry.Time < oldest).ExecuteDeleteAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // the next round tries again
                Log.NotForgotten(logger, exception);
            }
        }
    }

    static partial class Log
    {
        [LoggerMessage(2601, LogLevel.Warning, "Old lines of the audit log could not be removed; it is tried again")]
        public static partial void NotForgotten(ILogger logger, Exception exception);
    }
}
