using System.Text;
using Islet.ControlPlane.Logs;
using Islet.Contracts;
using Microsoft.Data.Sqlite;

namespace Islet.ControlPlane.Egress;

/// <summary>Finds stored egress records, page by page as <see cref="LogSearch"/> does lines, and their totals.</summary>
public sealed class EgressSearch(TelemetryDb telemetry, LogsOptions options, TimeProvider clock) : IDisposable
{
    readonly SemaphoreSlim turns = new(options.ConcurrentSearches);

    /// <summary>One page. Waits for a turn; costs at most <see cref="LogsOptions.ScannedLines"/> index steps.</summary>
    public Task<EgressPage> FindAsync(EgressQuery query, CancellationToken cancellation) =>
        ReadAsync((reader, snapshot) => Find(reader, snapshot, query, cancellation), cancellation);

    /// <summary>Waits for a turn; reads one row for each rule and day that is kept.</summary>
    public Task<EgressTotals> SumAsync(DeploymentId deployment, CancellationToken cancellation) =>
        ReadAsync((reader, snapshot) => Sum(reader, snapshot, deployment), cancellation);

    public void Dispose() => turns.Dispose();

    async Task<T> ReadAsync<T>(Func<SqliteConnection, SqliteTransaction, T> read, CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation);
        try
        {
            using var reader = telemetry.OpenReader();
            using var snapshot = reader.BeginTransaction(deferred: true);
            return read(reader, snapshot);
        }
        finally
        {
            turns.Release();
        }
    }

    EgressPage Find(SqliteConnection reader, SqliteTransaction snapshot, EgressQuery query, CancellationToken cancellation)
    {
        var since = Math.Max(query.Since.ToMicroseconds(), (clock.GetUtcNow() - options.Retention).ToMicroseconds());
        var until = query.Until.ToMicroseconds();
        var start = query.After ?? Begin(reader, snapshot, query.Descending);
        var (place, scanned, found) = (start, 0, new List<EgressRecord>());

        var days = TelemetryDb.ListDays(reader, snapshot, LogDay.Egress)
            .Where(day => day.CompareTo(LogDay.Of(since)) >= 0 && day.CompareTo(LogDay.Of(until)) <= 0);
        foreach (var day in query.Descending ? days.Reverse() : days)
        {
            using var select = TelemetryDb.Command(reader, snapshot,
                query.Descending ? EgressStatements.NewestFirst(day) : EgressStatements.OldestFirst(day));
            select.Parameters.AddWithValue("$deployment", query.Deployment.Value);
            select.Parameters.AddWithValue("$time", start.Time);
            select.Parameters.AddWithValue("$sequence", start.Sequence);
            select.Parameters.AddWithValue("$since", since);
            select.Parameters.AddWithValue("$until", until);
            select.Parameters.AddWithValue("$last", start.Last);
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                var wanted = query.Verdicts == 0 || (query.Verdicts & 1 << rows.GetInt32(2)) != 0;
                if (scanned++ == options.ScannedLines || (wanted && found.Count == query.Limit))
                    return new(found, place);
                if (wanted)
                    found.Add(Record(query.Deployment, rows));
                place = place with { Time = rows.GetInt64(0), Sequence = rows.GetInt64(1) };
            }
        }

        return new(found, null);
    }

    static LogCursor Begin(SqliteConnection reader, SqliteTransaction snapshot, bool descending)
    {
        using var last = TelemetryDb.Command(reader, snapshot, Statements.LastSequence);
        var edge = descending ? long.MaxValue : long.MinValue;
        return new LogCursor(edge, edge, TelemetryDb.Number(last));
    }

    static EgressRecord Record(DeploymentId deployment, SqliteDataReader row) => new(
        deployment,
        LogTime.FromMicroseconds(row.GetInt64(0)),
        (EgressVerdict)row.GetInt32(2),
        Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(3)),
        row.IsDBNull(4) ? null : Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(4)),
        row.GetString(5),
        row.GetInt64(6),
        row.GetInt64(7));

    EgressTotals Sum(SqliteConnection reader, SqliteTransaction snapshot, DeploymentId deployment)
    {
        var oldest = LogDay.Of((clock.GetUtcNow() - options.Retention).ToMicroseconds());
        var (rules, dropped) = (new SortedDictionary<string, EgressRuleTotals>(StringComparer.Ordinal), 0L);
        foreach (var day in TelemetryDb.ListDays(reader, snapshot, LogDay.EgressTotals).Where(day => day.CompareTo(oldest) >= 0))
        {
            using var select = TelemetryDb.Command(reader, snapshot, EgressStatements.Totals(day));
            select.Parameters.AddWithValue("$deployment", deployment.Value);
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                var (rule, verdict, count) = (rows.GetString(0), rows.GetInt32(1), rows.GetInt64(2));
                if (verdict == EgressWriter.Dropped)
                    dropped += count;
                else
                    rules[rule] = Plus(rules.GetValueOrDefault(rule, new(rule, 0, 0, 0, 0, 0)), (EgressVerdict)verdict, count, rows.GetInt64(3), rows.GetInt64(4));
            }
        }
        return new(oldest.Begin, [.. rules.Values], dropped);
    }

    static EgressRuleTotals Plus(EgressRuleTotals sum, EgressVerdict verdict, long count, long sent, long received)
    {
        sum = sum with { Sent = sum.Sent + sent, Received = sum.Received + received };
        return verdict switch
        {
            EgressVerdict.Allowed => sum with { Allowed = sum.Allowed + count },
            EgressVerdict.Refused => sum with { Refused = sum.Refused + count },
            EgressVerdict.Closed => sum with { Closed = sum.Closed + count },
        };
    }
}
