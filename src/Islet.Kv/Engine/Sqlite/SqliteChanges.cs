using Islet.Kv.Engine.Changes;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>The log of a file, on a connection of its own: its writes wait for the writer's and the other way round.</summary>
sealed class SqliteChanges(string path) : ChangeLog
{
    readonly SqliteFile file = SqliteFile.Open(path, create: false);

    public override ValueTask<Recording?> FindAsync(CancellationToken cancellation)
    {
        using var find = file.Prepare("SELECT backup, segment, based FROM recording");
        return new(find.Step() ? new Recording(new(find.Blob(0)), find.Number(1), find.Number(2) != 0) : null);
    }

    public override ValueTask StartAsync(Guid backup, CancellationToken cancellation)
    {
        Together(() =>
        {
            using var start = file.Prepare("INSERT INTO recording(backup, segment, based) SELECT ?1, 1, 0 WHERE NOT EXISTS (SELECT 1 FROM recording WHERE backup = ?1)");
            if (Count(start.Bind(1, backup.ToByteArray())) == 0)
                return;
            using var others = file.Prepare("DELETE FROM recording WHERE backup <> ?1");
            others.Bind(1, backup.ToByteArray()).Run();
            file.Execute("DELETE FROM changes");
        });
        return ValueTask.CompletedTask;
    }

    public override ValueTask StopAsync(Guid backup, CancellationToken cancellation)
    {
        Together(() =>
        {
            using var stop = file.Prepare("DELETE FROM recording WHERE backup = ?1");
            if (Count(stop.Bind(1, backup.ToByteArray())) > 0)
                file.Execute("DELETE FROM changes");
        });
        return ValueTask.CompletedTask;
    }

    public override ValueTask SetBasedAsync(Guid backup, CancellationToken cancellation)
    {
        using var set = file.Prepare("UPDATE recording SET based = 1 WHERE backup = ?1");
        set.Bind(1, backup.ToByteArray()).Run();
        return ValueTask.CompletedTask;
    }

    public override ValueTask<long> VersionAsync(CancellationToken cancellation) => new(file.Scalar("SELECT version FROM database"));

    public override ValueTask<ChangeSegment?> NextAsync(CancellationToken cancellation)
    {
        var rows = new SegmentRows();
        using var next = file.Prepare("SELECT version, sequence, at, key, value, encoding, expires FROM changes ORDER BY id");
        while (next.Step() && rows.Add(next.Number(2), Row(next)))
            cancellation.ThrowIfCancellationRequested();
        return new(rows.ToSegment());
    }

    public override ValueTask ForgetAsync(Guid backup, ChangeSegment segment, long number, CancellationToken cancellation)
    {
        Together(() =>
        {
            using var count = file.Prepare("UPDATE recording SET segment = ?1 + 1 WHERE segment = ?1 AND backup = ?2");
            if (Count(count.Bind(1, number).Bind(2, backup.ToByteArray())) == 0)
                return;
            using var forget = file.Prepare("DELETE FROM changes WHERE id IN (SELECT id FROM changes ORDER BY id LIMIT ?1)"); // the oldest are the segment
            forget.Bind(1, segment.Rows.Count).Run();
        });
        return ValueTask.CompletedTask;
    }

    public override ValueTask<long> WaitingAsync(CancellationToken cancellation) =>
        new(file.Scalar("SELECT coalesce(sum(length(key) + coalesce(length(value), 0) + 64), 0) FROM changes"));

    public override ValueTask<IReadOnlyList<StoredEntry>> PageAsync(ReadOnlyMemory<byte> after, int bytes, CancellationToken cancellation)
    {
        var entries = new List<StoredEntry>();
        using var page = file.Prepare("SELECT key, value, encoding, version, expires FROM entries WHERE key > ?1 ORDER BY key");
        page.Bind(1, after.Span);
        while (bytes > 0 && page.Step())
        {
            var state = new KeyState(page.Blob(1).ToArray(), (KvEncoding)page.Number(2), page.Number(3), page.IsNull(4) ? 0 : page.Number(4));
            entries.Add(new(page.Blob(0).ToArray(), state));
            bytes -= entries[^1].Key.Length * 2 + state.Value.Length + 64;
        }
        return new(entries);
    }

    public override ValueTask DisposeAsync()
    {
        file.Dispose();
        return base.DisposeAsync();
    }

    static ChangeRow Row(SqliteStatement row)
    {
        var version = row.Number(0);
        return new(version, (int)row.Number(1), row.Blob(3).ToArray(), row.IsNull(4)
            ? default
            : new(row.Blob(4).ToArray(), (KvEncoding)row.Number(5), version, row.Number(6)));
    }

    /// <summary>How many rows a statement has changed.</summary>
    int Count(SqliteStatement statement)
    {
        statement.Run();
        return file.Changes;
    }

    void Together(Action work)
    {
        file.Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            file.Execute("COMMIT");
        }
        catch
        {
            if (file.InTransaction)
                file.Execute("ROLLBACK");
            throw;
        }
    }
}
