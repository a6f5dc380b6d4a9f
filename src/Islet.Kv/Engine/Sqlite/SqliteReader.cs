using Islet.Kv.Queues;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>A connection that reads. Each request sees one state of the file.</summary>
sealed class SqliteReader : IDisposable
{
    const string Columns = "SELECT key, value, encoding, version, expires FROM entries WHERE ";
    const string Living = " AND (expires IS NULL OR expires > ?2)";

    readonly SqliteFile file;
    readonly SqliteStatement one, upwards, downwards, begin, end;

    public SqliteReader(string path)
    {
        file = SqliteFile.Open(path, create: false);
        file.Execute("PRAGMA query_only=1;");
        one = file.Prepare($"{Columns} key = ?1 {Living}");
        upwards = file.Prepare($"{Columns} key >= ?1 {Living} AND key < ?3 ORDER BY key LIMIT ?4");
        downwards = file.Prepare($"{Columns} key >= ?1 {Living} AND key < ?3 ORDER BY key DESC LIMIT ?4");
        (begin, end) = (file.Prepare("BEGIN"), file.Prepare("COMMIT"));
    }

    public QueueState QueueState(long now)
    {
        var letters = new List<DeadLetter>();
        using (var statement = file.PrepareOnce($"SELECT at, payload, tries FROM dead_letters ORDER BY id DESC LIMIT {Queues.QueueState.DeadLetters}"))
            while (statement.Step())
                letters.Add(new(statement.Number(0), statement.Blob(1).ToArray(), (int)statement.Number(2)));
        using var counts = file.PrepareOnce("SELECT count(*), count(*) FILTER (WHERE due <= ?1), min(due) FROM queue");
        counts.Bind(1, now).Step();
        return new(counts.Number(0), counts.Number(1), counts.IsNull(2) ? null : counts.Number(2), letters);
    }

    public void Read(ReadRange[] ranges, long now, IEntrySink sink)
    {
        if (ranges.Length > 1)
            begin.Run(); // a single statement is a snapshot by itself
        try
        {
            foreach (var range in ranges)
                Read(range, now, sink);
        }
        finally
        {
            if (file.InTransaction)
                end.Run();
        }
    }

    void Read(in ReadRange range, long now, IEntrySink sink)
    {
        sink.BeginRange();
        var start = range.Start.Span;
        var beyond = range.End.Span;
        var single = beyond.Length == start.Length + 1 && beyond[^1] == 0 && beyond.StartsWith(start);
        var statement = single ? one : range.Reverse ? downwards : upwards;
        statement.Bind(1, start).Bind(2, now);
        if (!single)
            statement.Bind(3, beyond).Bind(4, range.Limit);
        try
        {
            while (statement.Step())
                sink.Add(statement.Blob(0), statement.Blob(1), (KvEncoding)statement.Number(2), statement.Number(3), statement.Number(4));
        }
        finally
        {
            statement.Reset();
        }
    }

    public void Dispose() => file.Dispose();
}
