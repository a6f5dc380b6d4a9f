using System.Text;
using Islet.ControlPlane.Logs;
using Islet.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Egress;

/// <summary>
/// Takes the gateway's decisions about all deployments of this node: to telemetry.db in batches, one transaction each,
/// with the totals of the day in the same one. What does not fit is counted in the totals.
/// </summary>
public sealed partial class EgressWriter(TelemetryDb telemetry, LogsOptions options, TimeProvider clock, ILogger<EgressWriter> logger)
    : TelemetryWriter<EgressRecord>(new EgressIntake(options), telemetry, options, clock), IEgressSink
{
    /// <summary>Stands for the verdict in the totals: records that were dropped.</summary>
    internal const int Dropped = 255;

    /// <summary>Bytes of UTF-8: a DNS name of 253 characters with escapes and a port.</summary>
    const int DestinationBytes = 280;

    const int HostBytes = 255;
    const int RuleBytes = 64;

    /// <inheritdoc/>
    public void Write(in EgressRecord record) => Intake.Offer(record with
    {
        Destination = BoundedText.Cut(record.Destination, DestinationBytes),
        Host = record.Host is null ? null : BoundedText.Cut(record.Host, HostBytes),
        Rule = BoundedText.Cut(record.Rule, RuleBytes),
    });

    internal override int Store(
        SqliteConnection connection, SqliteTransaction transaction, List<EgressRecord> batch, IReadOnlyList<(DeploymentId Deployment, long Count)> drops)
    {
        using var take = TelemetryDb.Command(connection, transaction, Statements.TakeSequence);
        take.Parameters.AddWithValue("$count", batch.Count);
        var sequence = TelemetryDb.Number(take);
        foreach (var day in batch.GroupBy(static record => LogDay.Of(record.Time.ToMicroseconds())))
        {
            TelemetryDb.Run(connection, transaction, EgressStatements.CreateDay(day.Key));
            sequence = Insert(connection, transaction, day, sequence);
            Add(connection, transaction, day.Key, day
                .GroupBy(static record => (record.Deployment, record.Rule, Verdict: (int)record.Verdict))
                .Select(static sum => (sum.Key, sum.LongCount(), sum.Sum(record => record.Sent), sum.Sum(record => record.Received))));
        }
        if (drops.Count > 0)
        {
            var today = LogDay.Of(Clock.GetUtcNow().ToMicroseconds());
            TelemetryDb.Run(connection, transaction, EgressStatements.CreateDay(today));
            Add(connection, transaction, today, drops.Select(static drop => ((drop.Deployment, "", Dropped), drop.Count, 0L, 0L)));
        }
        return batch.Count;
    }

    protected override void TellLost(int count, Exception failure) => Log.BatchLost(logger, count, failure);

    static long Insert(SqliteConnection connection, SqliteTransaction transaction, IGrouping<LogDay, EgressRecord> day, long sequence)
    {
        using var insert = TelemetryDb.Command(connection, transaction, EgressStatements.Insert(day.Key));
        var deployment = insert.Parameters.Add("$deployment", SqliteType.Text);
        var time = insert.Parameters.Add("$time", SqliteType.Integer);
        var number = insert.Parameters.Add("$sequence", SqliteType.Integer);
        var verdict = insert.Parameters.Add("$verdict", SqliteType.Integer);
        var destination = insert.Parameters.Add("$destination", SqliteType.Blob);
        var host = insert.Parameters.Add("$host", SqliteType.Blob);
        var rule = insert.Parameters.Add("$rule", SqliteType.Text);
        var sent = insert.Parameters.Add("$sent", SqliteType.Integer);
        var received = insert.Parameters.Add("$received", SqliteType.Integer);
        foreach (var record in day)
        {
            deployment.Value = record.Deployment.Value;
            time.Value = record.Time.ToMicroseconds();
            number.Value = sequence++;
            verdict.Value = (int)record.Verdict;
            destination.Value = Encoding.UTF8.GetBytes(record.Destination);
            host.Value = record.Host is null ? DBNull.Value : Encoding.UTF8.GetBytes(record.Host);
            rule.Value = record.Rule;
            sent.Value = record.Sent;
            received.Value = record.Received;
            insert.ExecuteNonQuery();
        }
        return sequence;
    }

    static void Add(
        SqliteConnection connection, SqliteTransaction transaction, LogDay day,
        IEnumerable<((DeploymentId Deployment, string Rule, int Verdict) Key, long Count, long Sent, long Received)> sums)
    {
        using var add = TelemetryDb.Command(connection, transaction, EgressStatements.Add(day));
        foreach (var (key, count, sent, received) in sums)
        {
            add.Parameters.Clear();
            add.Parameters.AddWithValue("$deployment", key.Deployment.Value);
            add.Parameters.AddWithValue("$rule", key.Rule);
            add.Parameters.AddWithValue("$verdict", key.Verdict);
            add.Parameters.AddWithValue("$count", count);
            add.Parameters.AddWithValue("$sent", sent);
            add.Parameters.AddWithValue("$received", received);
            add.ExecuteNonQuery();
        }
    }

    static partial class Log
    {
        [LoggerMessage(2410, LogLevel.Error, "{Count} egress records could not be stored and were dropped")]
        public static partial void BatchLost(ILogger logger, int count, Exception failure);
    }
}
