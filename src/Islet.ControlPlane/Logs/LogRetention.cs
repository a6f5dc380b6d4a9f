using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Logs;

/// <summary>Forgets application lines and egress records by whole days, at the start and every hour.</summary>
sealed partial class LogRetention(TelemetryDb telemetry, LogsOptions options, TimeProvider clock, ILogger<LogRetention> logger)
    : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>Drops each day that ended before the retention began. Returns how many.</summary>
    public int DropExpired()
    {
        var oldestKept = LogDay.Of((clock.GetUtcNow() - options.Retention).ToMicroseconds());
        return telemetry.Write((connection, transaction) =>
        {
            var dropped = new HashSet<LogDay>();
            foreach (var kind in LogDay.Kinds)
                foreach (var day in TelemetryDb.ListDays(connection, transaction, kind).Where(day => day.CompareTo(oldestKept) < 0))
                {
                    TelemetryDb.Run(connection, transaction, Statements.DropDay(day, kind));
                    dropped.Add(day);
                }
            return dropped.Count;
        });
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (DropExpired() is var days and > 0)
                    Log.DroppedDays(logger, days);
            }
            catch (Exception failure)
            {
                // Searches leave expired lines out by themselves; only room on the disk waits for the next round.
                Log.RetentionFailed(logger, failure);
            }

            await Task.Delay(Every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static partial class Log
    {
        [LoggerMessage(2401, LogLevel.Information, "Dropped {Days} expired days of application and egress logs")]
        public static partial void DroppedDays(ILogger logger, int days);

        [LoggerMessage(2402, LogLevel.Error, "Expired logs could not be dropped")]
        public static partial void RetentionFailed(ILogger logger, Exception failure);
    }
}
