using System.Text;
using Islet.Contracts;
using Microsoft.Data.Sqlite;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// Finds stored lines. Walking through the pages of one question gives each line that was stored when the walk began
/// exactly once, whatever is written meanwhile: order is (time, sequence), and sequence grows with every stored line.
/// </summary>
public sealed class LogSearch(TelemetryDb telemetry, LogsOptions options, TimeProvider clock) : IDisposable
{
    readonly SemaphoreSlim turns = new(options.ConcurrentSearches);

    /// <summary>One page. Waits for a turn; costs at most <see cref="LogsOptions.ScannedLines"/> index steps.</summary>
    public async Task<LogPage> FindAsync(LogQuery query, CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation);
        try
        {
            using var reader = telemetry.OpenReader();
            using var snapshot = reader.BeginTransaction(deferred: true);
            return Find(reader, snapshot, query, cancellation);
        }
        finally
        {
            turns.Release();
        }
    }

    public void Dispose() => turns.Dispose();

    LogPage Find(SqliteConnection reader, SqliteTransaction snapshot, LogQuery query, CancellationToken cancellation)
    {
        var since = Math.Max(query.Since.ToMicroseconds(), (clock.GetUtcNow() - options.Retention).ToMicroseconds());
        var until = query.Until.ToMicroseconds();
        var place = query.After ?? Begin(reader, snapshot, query.Descending);
        var page = new Page(query, options, place);

        var days = TelemetryDb.ListDays(reader, snapshot)
            .Where(day => day.CompareTo(LogDay.Of(since)) >= 0 && day.CompareTo(LogDay.Of(until)) <= 0);
        foreach (var day in query.Descending ? days.Reverse() : days)
        {
            using var select = TelemetryDb.Command(reader, snapshot,
                query.Descending ? Statements.NewestFirst(day) : Statements.OldestFirst(day));
            select.Parameters.AddWithValue("$deployment", query.Deployment.Value);
            select.Parameters.AddWithValue("$time", place.Time);
            select.Parameters.AddWithValue("$sequence", place.Sequence);
            select.Parameters.AddWithValue("$since", since);
            select.Parameters.AddWithValue("$until", until);
            select.Parameters.AddWithValue("$last", place.Last);
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                if (!page.Take(rows))
                    return page.Unfinished();
            }
        }

        return page.Finished();
    }

    static LogCursor Begin(SqliteConnection reader, SqliteTransaction snapshot, bool descending)
    {
        using var last = TelemetryDb.Command(reader, snapshot, Statements.LastSequence);
        return descending
            ? new LogCursor(long.MaxValue, long.MaxValue, TelemetryDb.Number(last))
            : new LogCursor(long.MinValue, long.MinValue, TelemetryDb.Number(last));
    }

    /// <summary>A page in the making: fills until one of its three bounds, and knows where it stands.</summary>
    sealed class Page(LogQuery query, LogsOptions options, LogCursor start)
    {
        readonly List<AppLogLine> lines = [];
        int scanned;
        int characters;
        LogCursor place = start;

        /// <summary>False when the row belongs to the next page.</summary>
        public bool Take(SqliteDataReader row)
        {
            if (scanned++ == options.ScannedLines)
                return false;
            var (time, sequence) = (row.GetInt64(0), row.GetInt64(1));
            var (severity, region) = ((LogSeverity)row.GetInt64(2), row.GetString(3));
            if (query.Filter.Wants(severity, region))
            {
                var message = Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(4));
                if (query.Filter.Finds(message))
                {
                    if (lines.Count == query.Limit || (lines.Count > 0 && characters + message.Length > options.PageCharacters))
                        return false;
                    characters += message.Length;
                    lines.Add(new AppLogLine(LogTime.FromMicroseconds(time), severity, message, region, Text(row, 5), Text(row, 6)));
                }
            }

            place = place with { Time = time, Sequence = sequence };
            return true;
        }

        static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

        public LogPage Unfinished() => new(lines, place);

        public LogPage Finished() => new(lines, null);
    }
}
