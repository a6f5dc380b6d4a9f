using System.Globalization;
using System.Text;
using Islet.Contracts;
using Microsoft.Data.Sqlite;
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
    ILogger<LogWriter> logger) : TelemetryWriter<LogLine>(new LogIntake(options), telemetry, options, clock), ILogSink
{
    /// <summary>Bytes of UTF-8 that a message keeps; the rest is cut off, as the original did.</summary>
    public const int MessageBytes = 2048;

    /// <inheritdoc/>
    public void Write(in LogLine line)
    {
        var bounded = line with { Message = BoundedText.Cut(line.Message, MessageBytes) };
        tail.Publish(bounded);
        Intake.Offer(bounded);
    }

    /// <summary>After the lines of the batch, a line for each deployment that lost some.</summary>
    internal override int Store(
        SqliteConnection connection, SqliteTransaction transaction, List<LogLine> batch, IReadOnlyList<(DeploymentId Deployment, long Count)> drops)
    {
        var now = Clock.GetUtcNow();
        return Insert(connection, transaction, [.. batch, .. drops.Select(drop => Dropped(drop.Deployment, drop.Count, now))]);
    }

    protected override void TellLost(int count, Exception failure) => Log.BatchLost(logger, count, failure);

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
            insert.Parameters.AddWithValue("$region", Options.Region);
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
