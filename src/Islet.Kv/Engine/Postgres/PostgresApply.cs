using Islet.Kv.Engine.Changes;
using Islet.Kv.Queues;
using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>Writes down what came of a batch: a handful of statements, sent together.</summary>
static class PostgresApply
{
    const string SetVersion = "UPDATE kv_databases SET version = $2 WHERE id = $1";

    const string Put = """
        INSERT INTO kv_entries(database, key, value, encoding, version, expires)
        SELECT $1, * FROM unnest($2, $3, $4, $5, $6)
        ON CONFLICT (database, key) DO UPDATE SET value = excluded.value, encoding = excluded.encoding, version = excluded.version, expires = excluded.expires
        """;

    const string Delete = "DELETE FROM kv_entries WHERE database = $1 AND key = ANY($2)";
    const string Record = "INSERT INTO kv_changes(database, at, version, sequence, key, value, encoding, expires) SELECT $1, $2, * FROM unnest($3, $4, $5, $6, $7, $8)";
    const string Enqueue = "INSERT INTO kv_queue(database, due, payload, backoff, keys, attempt) SELECT $1, *, 0 FROM unnest($2, $3, $4, $5)";
    const string Bury = "INSERT INTO kv_dead_letters(database, at, payload, tries) SELECT $1, $2, * FROM unnest($3, $4)";
    const string Forget = "DELETE FROM kv_dead_letters WHERE database = $1 AND id <= (SELECT id FROM kv_dead_letters WHERE database = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)";
    const string End = "DELETE FROM kv_queue WHERE database = $1 AND id = ANY($2)";
    const string Requeue = "UPDATE kv_queue SET due = new.due, attempt = new.attempt FROM unnest($2, $3, $4) AS new(id, due, attempt) WHERE database = $1 AND kv_queue.id = new.id";

    /// <summary>A message that was tried again meanwhile has another number of tries.</summary>
    const string Extend = "UPDATE kv_queue SET due = $4 FROM unnest($2, $3) AS had(id, attempt) WHERE database = $1 AND kv_queue.id = had.id AND kv_queue.attempt = had.attempt";

    const string Claim = """
        WITH taken AS MATERIALIZED (SELECT id, due FROM kv_queue WHERE database = $1 AND due <= $2 ORDER BY due, id LIMIT $4 FOR UPDATE),
        claimed AS (UPDATE kv_queue SET due = $3 FROM taken WHERE kv_queue.id = taken.id
            RETURNING kv_queue.id, payload, backoff, keys, attempt, taken.due AS since)
        SELECT id, payload, backoff, keys, attempt FROM claimed ORDER BY since, id
        """;

    public static async Task RunAsync(
        NpgsqlConnection connection, Guid id, WriteBatch batch, long before, long version, bool recording, long now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlBatch(connection);
        var commands = command.BatchCommands;
        if (version != before)
            commands.Add(PostgresStorage.Command(SetVersion, id, version));
        AddEntries(commands, id, batch, now);
        if (recording && batch.Changes.Count > 0)
            commands.Add(Recorded(id, ChangeRow.Of(batch.Changes, version, now), now));
        AddQueue(commands, id, batch, now);
        foreach (var claim in batch.Claims)
            commands.Add(PostgresStorage.Command(Claim, id, now, now + claim.LeaseMilliseconds, (long)claim.Max));
        if (commands.Count == 0)
            return;

        // only claims have rows, and they are the last
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        foreach (var claim in batch.Claims)
        {
            claim.Decide(await ReadAsync(reader, cancellation));
            await reader.NextResultAsync(cancellation);
        }
    }

    /// <summary>Keeps changes for the backup.</summary>
    public static NpgsqlBatchCommand Recorded(Guid id, List<ChangeRow> rows, long now) => PostgresStorage.Command(
        Record, id, now,
        rows.ConvertAll(row => row.Version).ToArray(),
        rows.ConvertAll(row => row.Sequence).ToArray(),
        rows.ConvertAll(row => row.Key.ToArray()).ToArray(),
        rows.ConvertAll(row => row.IsDeletion ? null : row.State.Value.ToArray()).ToArray(),
        rows.ConvertAll(row => (short)row.State.Encoding).ToArray(),
        rows.ConvertAll(row => row.State.ExpireAt).ToArray());

    /// <summary>Each key once.</summary>
    public static NpgsqlBatchCommand Entries(Guid id, List<StoredEntry> put) => PostgresStorage.Command(
        Put, id,
        put.ConvertAll(entry => entry.Key.ToArray()).ToArray(),
        put.ConvertAll(entry => entry.State.Value.ToArray()).ToArray(),
        put.ConvertAll(entry => (short)entry.State.Encoding).ToArray(),
        put.ConvertAll(entry => entry.State.Version).ToArray(),
        put.ConvertAll(entry => entry.State.ExpireAt == 0 ? (long?)null : entry.State.ExpireAt).ToArray());

    public static NpgsqlBatchCommand Deletions(Guid id, byte[][] keys) => PostgresStorage.Command(Delete, id, keys);

    static void AddEntries(NpgsqlBatchCommandCollection commands, Guid id, WriteBatch batch, long now)
    {
        var put = batch.Changes.Where(change => change.Value.IsThere(now)).OrderBy(change => change.Key, KeyOrder.Instance)
            .Select(change => new StoredEntry(change.Key, change.Value)).ToList();
        if (put.Count > 0)
            commands.Add(Entries(id, put));
        var deleted = batch.Changes.Where(change => !change.Value.IsThere(now)).Select(change => change.Key.ToArray()).ToArray();
        if (deleted.Length > 0)
            commands.Add(Deletions(id, deleted));
    }

    static void AddQueue(NpgsqlBatchCommandCollection commands, Guid id, WriteBatch batch, long now)
    {
        if (batch.Ended.Count > 0)
            commands.Add(PostgresStorage.Command(End, id, batch.Ended.ToArray()));
        if (batch.GivenUp.Count > 0)
        {
            commands.Add(PostgresStorage.Command(
                Bury, id, now, batch.GivenUp.ConvertAll(message => message.Payload.ToArray()).ToArray(), batch.GivenUp.ConvertAll(message => message.Attempt + 1).ToArray()));
            commands.Add(PostgresStorage.Command(Forget, id, (long)QueueState.DeadLetters));
        }
        if (batch.Requeued.Count > 0)
            commands.Add(PostgresStorage.Command(
                Requeue, id, batch.Requeued.ConvertAll(one => one.Id).ToArray(), batch.Requeued.ConvertAll(one => one.Due).ToArray(),
                batch.Requeued.ConvertAll(one => one.Attempt).ToArray()));
        foreach (var extension in batch.Extensions)
        {
            commands.Add(PostgresStorage.Command(
                Extend, id, extension.Messages.Select(message => message.Id).ToArray(), extension.Messages.Select(message => message.Attempt).ToArray(),
                now + extension.LeaseMilliseconds));
            extension.Decide(true);
        }
        if (batch.Enqueued.Count > 0)
            commands.Add(PostgresStorage.Command(
                Enqueue, id,
                batch.Enqueued.ConvertAll(one => Math.Max(one.Deadline, now)).ToArray(),
                batch.Enqueued.ConvertAll(one => one.Payload.ToArray()).ToArray(),
                batch.Enqueued.ConvertAll(one => QueueRow.OfBackoff(one.Backoff)).ToArray(),
                batch.Enqueued.ConvertAll(one => QueueRow.OfKeys(one.KeysIfUndelivered)).ToArray()));
    }

    static async Task<List<QueuedMessage>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var messages = new List<QueuedMessage>();
        while (await reader.ReadAsync(cancellation))
            messages.Add(new(
                reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), QueueRow.Backoff(reader.GetFieldValue<byte[]>(2)),
                QueueRow.Keys(reader.GetFieldValue<byte[]>(3)), reader.GetInt32(4)));
        return messages;
    }

    /// <summary>So that two transactions never wait for each other's rows.</summary>
    sealed class KeyOrder : IComparer<ReadOnlyMemory<byte>>
    {
        public static readonly KeyOrder Instance = new();

        public int Compare(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceCompareTo(y.Span);
    }
}
