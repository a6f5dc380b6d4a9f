using System.Globalization;
using System.Text;
using Islet.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// Takes the lines of all deployments of this node: to live readers at once, to telemetry.db in batches, one
/// transaction each. What does not fit is told in the deployment's own log, once a second: <c>N log lines dropped</c>.
/// Stopping stores what waits.
/// </summary>
public sealed partial class LogWriter(
    TelemetryDb telemetry,
    LogTail tail,
    LogsOptions options,
    TimeProvider clock,
    ILogger<LogWriter> logger) : BackgroundService, ILogSink
{
    /// <summary>Bytes of UTF-8 that a message keeps; the rest is cut off, as the original did.</summary>
    public const int MessageBytes = 2048;

    const int BatchLines = 10_000;
    static readonly TimeSpan ReportDropsEvery = TimeSpan.FromSeconds(1);
    static readonly TimeSpan RestAfterFailure = TimeSpan.FromSeconds(1);

    readonly LogIntake intake = new(options);
    long lastReport = clock.GetTimestamp(); // the writing loop's

    /// <inheritdoc/>
    public void Write(in LogLine line)
    {
        var bounded = line with { Message = BoundedText.Cut(line.Message, MessageBytes) };
        tail.Publish(bounded);
        intake.Offer(bounded);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The first line of a quiet time is stored at once; those that come while it rests share the next transaction.
        while (!stoppingToken.IsCancellationRequested)
        {
            Task arrival = intake.HasDrops ? Task.CompletedTask : intake.WaitAsync(stoppingToken).AsTask();
            await arrival.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var rest = StoreBatch(reportDropsNow: false);
            await Task.Delay(rest, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Stores what waits, also when the loop had no time to begin.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (ExecuteTask is { IsCompleted: false })
            return; // told to hurry while a batch is under way: two must not take from the queue
        while (StoreBatch(reportDropsNow: true) == TimeSpan.Zero)
        {
        }
    }

    /// <summary>Stores what waits, up to a batch, and tells how long to rest before the next one.</summary>
    TimeSpan StoreBatch(bool reportDropsNow)
    {
        var batch = new List<LogLine>();
        intake.Take(batch, BatchLines);
        var taken = batch.Count;
        var drops = TakeDueDrops(reportDropsNow);
        foreach (var (deployment, count) in drops)
            batch.Add(Dropped(deployment, count, clock.GetUtcNow()));
        if (batch.Count == 0)
            return options.Gather;

        try
        {
            telemetry.Write((connection, transaction) => Insert(connection, transaction, batch));
            return taken == BatchLines ? TimeSpan.Zero : options.Gather;
        }
        catch (Exception failure)
        {
            // The disk is full or the file is broken: the node works on, and tells the tenants when it can again.
            foreach (var line in batch.Take(taken))
                intake.CountDropped(line.Deployment, 1);
            foreach (var (deployment, count) in drops)
                intake.CountDropped(deployment, count);
            Log.BatchLost(logger, taken, failure);
            return RestAfterFailure;
        }
    }

    IReadOnlyList<(DeploymentId Deployment, long Count)> TakeDueDrops(bool now)
    {
        if (!now && clock.GetElapsedTime(lastReport) < ReportDropsEvery)
            return [];
        lastReport = clock.GetTimestamp();
        return intake.TakeDrops();
    }

    internal static LogLine Dropped(DeploymentId deployment, long count, DateTimeOffset now) =>
        new(deployment, now, LogSeverity.Warning, string.Create(CultureInfo.InvariantCulture, $"{count} log lines dropped"));

    int Insert(SqliteConnection connection, SqliteTransaction transaction, List<LogLine> batch)
    {
        using var take = TelemetryDb.Command(connection, transaction, Statements.TakeSequence);
        take.Parameters.AddWithValue("$count", batch.Count);
        var sequence = TelemetryDb.Number(take);

        // One prepared statement a partition; mostly there is one partition.
        foreach (var day in batch.GroupBy(static line => LogDay.Of(line.Time.ToMicroseconds())))
        {
            TelemetryDb.Run(connection, transaction, Statements.CreateDay(day.Key));
            using var insert = TelemetryDb.Command(connection, transaction, Statements.InsertLine(day.Key));
            var deployment = insert.Parameters.Add("$deployment", SqliteType.Text);
            var time = insert.Parameters.Add("$time", SqliteType.Integer);
            var number = insert.Parameters.Add("$sequence", SqliteType.Integer);
            var level = insert.Parameters.Add("$level", SqliteType.Integer);
            insert.Parameters.AddWithValue("$region", options.Region);
            var message = insert.Parameters.Add("$message", SqliteType.Blob);
            var trace = insert.Parameters.Add("$trace", SqliteType.Text);
            var span = insert.Parameters.Add("$span", SqliteType.Text);
            foreach (var line in day)
            {
                deployment.Value = line.Deployment.Value;
                time.Value = line.Time.ToMicroseconds();
                number.Value = sequence++;
                level.Value = (int)line.Severity;
                message.Value = Encoding.UTF8.GetBytes(line.Message);
                trace.Value = line.Trace is null ? DBNull.Value : line.Trace;
                span.Value = line.Span is null ? DBNull.Value : line.Span;
                insert.ExecuteNonQuery();
            }
        }

        return batch.Count;
    }

    static partial class Log
    {
        [LoggerMessage(2400, LogLevel.Error, "{Count} log lines could not be stored and were dropped")]
        public static partial void BatchLost(ILogger logger, int count, Exception failure);
    }
}
