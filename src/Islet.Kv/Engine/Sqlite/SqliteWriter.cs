using Islet.Kv.Engine.Changes;
using Islet.Kv.Queues;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>The one connection of a file that writes, and what is stored as that connection sees it.</summary>
sealed class SqliteWriter : IStored, IDisposable
{
    const int CollectedAtOnce = 1000;

    readonly SqliteFile file;
    readonly SqliteStatement begin, commit, rollback, setVersion, findVersion, find, put, delete, expired, nextExpiry;
    readonly SqliteQueue queue;
    readonly SqliteRecorder recorder;
    long version;

    public SqliteWriter(string path)
    {
        file = SqliteFile.Open(path, create: true);
        try
        {
            SqliteSchema.Prepare(file);
            (begin, commit, rollback) = (file.Prepare("BEGIN IMMEDIATE"), file.Prepare("COMMIT"), file.Prepare("ROLLBACK"));
            setVersion = file.Prepare("UPDATE database SET version = ?1");
            findVersion = file.Prepare("SELECT version FROM entries WHERE key = ?1 AND (expires IS NULL OR expires > ?2)");
            find = file.Prepare("SELECT version, value, encoding, expires FROM entries WHERE key = ?1 AND (expires IS NULL OR expires > ?2)");
            put = file.Prepare("INSERT OR REPLACE INTO entries(key, value, encoding, version, expires) VALUES(?1, ?2, ?3, ?4, ?5)");
            delete = file.Prepare("DELETE FROM entries WHERE key = ?1");
            expired = file.Prepare($"SELECT key FROM entries WHERE expires <= ?1 ORDER BY expires LIMIT {CollectedAtOnce}");
            nextExpiry = file.Prepare("SELECT min(expires) FROM entries WHERE expires IS NOT NULL");
            (queue, recorder) = (new(file), new(file));
            version = file.Scalar("SELECT version FROM database");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public SqliteQueue Queue => queue;

    /// <summary>The backup that the last commit has left changes for.</summary>
    public Guid? Recorded { get; private set; }

    /// <summary>See <see cref="KvStorage.CommitAsync"/>.</summary>
    public long Commit(WriteBatch batch, long now)
    {
        begin.Run();
        try
        {
            var next = batch.Evaluate(this, version, now);
            foreach (var (key, state) in batch.Changes)
                Write(key.Span, state, now);
            var recorded = batch.Changes.Count > 0 ? recorder.Backup() : null;
            if (recorded is not null)
                recorder.Add(ChangeRow.Of(batch.Changes, next, now), now);
            if (batch.TouchesQueue)
                queue.Apply(batch, now);
            if (next != version)
                setVersion.Bind(1, next).Run();
            commit.Run();
            Recorded = recorded;
            return version = next;
        }
        catch
        {
            if (file.InTransaction)
                rollback.Run();
            throw;
        }
    }

    public List<ReadOnlyMemory<byte>> CollectExpired(long now)
    {
        var keys = new List<ReadOnlyMemory<byte>>();
        expired.Bind(1, now);
        while (expired.Step())
            keys.Add(expired.Blob(0).ToArray());
        expired.Reset();
        if (keys.Count == 0)
            return keys;
        begin.Run();
        try
        {
            foreach (var key in keys)
                delete.Bind(1, key.Span).Run();
            var recorded = recorder.Backup();
            if (recorded is not null)
                recorder.Add(ChangeRow.OfExpired(keys, version + 1), now);
            setVersion.Bind(1, version + 1).Run();
            commit.Run();
            Recorded = recorded;
            version++;
            return keys;
        }
        catch
        {
            if (file.InTransaction)
                rollback.Run();
            throw;
        }
    }

    /// <summary><see cref="long.MaxValue"/>: none.</summary>
    public long NextExpiry()
    {
        nextExpiry.Step();
        var next = nextExpiry.IsNull(0) ? long.MaxValue : nextExpiry.Number(0);
        nextExpiry.Reset();
        return next;
    }

    /// <inheritdoc/>
    public long FindVersion(ReadOnlyMemory<byte> key, long now)
    {
        var found = findVersion.Bind(1, key.Span).Bind(2, now).Step() ? findVersion.Number(0) : 0;
        findVersion.Reset();
        return found;
    }

    /// <inheritdoc/>
    public KeyState Find(ReadOnlyMemory<byte> key, long now)
    {
        var found = find.Bind(1, key.Span).Bind(2, now).Step()
            ? new KeyState(find.Blob(1).ToArray(), (KvEncoding)find.Number(2), find.Number(0), find.Number(3))
            : default;
        find.Reset();
        return found;
    }

    /// <inheritdoc/>
    public bool Has(QueuedMessage message) => queue.Has(message);

    public void Dispose() => file.Dispose();

    void Write(ReadOnlySpan<byte> key, in KeyState state, long now)
    {
        if (!state.IsThere(now))
        {
            delete.Bind(1, key).Run();
            return;
        }
        put.Bind(1, key).Bind(2, state.Value.Span).Bind(3, (int)state.Encoding).Bind(4, state.Version);
        (state.ExpireAt == 0 ? put.BindNull(5) : put.Bind(5, state.ExpireAt)).Run();
    }
}
