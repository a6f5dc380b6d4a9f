using System.Diagnostics;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Queues;
using Islet.Kv.Wire;
using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>
/// A database as rows of PostgreSQL, which other nodes use too. Whoever commits holds the row of its version: writers of one
/// database go one after another, over all nodes, and versions grow in the order of commits.
/// </summary>
sealed class PostgresStorage(Guid id, NpgsqlDataSource source, NoticeChanges notices) : KvStorage
{
    const int CollectedAtOnce = 1000;

    static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(5);

    long counted;

    const string MakeRow = "INSERT INTO kv_databases(id, version) VALUES ($1, 1) ON CONFLICT DO NOTHING";

    const string NextVersion = "UPDATE kv_databases SET version = version + 1 WHERE id = $1 RETURNING version, backup IS NOT NULL";

    const string Collect = """
        DELETE FROM kv_entries WHERE database = $1 AND key IN (
            SELECT key FROM kv_entries WHERE database = $1 AND expires <= $2 ORDER BY expires LIMIT $3) RETURNING key
        """;

    readonly PostgresReads reads = new(id, source);
    readonly Lock ahead = new();
    long commits;

    /// <summary>Makes it when it was never used.</summary>
    public async Task PrepareAsync(CancellationToken cancellation)
    {
        await using var make = source.CreateCommand(MakeRow);
        make.Parameters.Add(new() { Value = id });
        await make.ExecuteNonQueryAsync(cancellation);
        await LookAheadAsync(cancellation);
    }

    public override async ValueTask<long> CommitAsync(WriteBatch batch, long now, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var stored = new PostgresKeys();
        var before = await stored.LoadAsync(connection, id, batch, now, cancellation);
        var version = batch.Evaluate(stored, before, now);
        if (version != before || batch.TouchesQueue)
            await PostgresApply.RunAsync(connection, id, batch, before, version, stored.IsRecording, now, cancellation);
        await transaction.CommitAsync(cancellation);

        lock (ahead)
        {
            commits++;
            foreach (var (_, state) in batch.Changes)
                if (state.ExpireAt != 0)
                    NextExpiry = Math.Min(NextExpiry, state.ExpireAt);
        }
        if (batch.TouchesQueue)
            await LookAheadAsync(cancellation);
        if (batch.Changes.Count > 0 || batch.Enqueued.Count > 0)
            notices.Changed(id);
        return version;
    }

    public override ValueTask ReadAsync(ReadRange[] ranges, long now, IEntrySink sink, CancellationToken cancellation) =>
        reads.RunAsync(ranges, now, sink, cancellation);

    public override async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> CollectExpiredAsync(long now, CancellationToken cancellation)
    {
        var keys = await DeleteExpiredAsync(now, cancellation);
        await LookAheadAsync(cancellation);
        if (keys.Count > 0)
            notices.Changed(id);
        return keys;
    }

    public override ChangeLog OpenChanges(KvUse use) => new PostgresChanges(id, source) { Use = use };

    public override bool IsShared => true;

    public override async ValueTask<QueueState> QueueStateAsync(long now, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Command("SELECT count(*), count(*) FILTER (WHERE due <= $2), min(due) FROM kv_queue WHERE database = $1", id, now));
        batch.BatchCommands.Add(Command("SELECT at, payload, tries FROM kv_dead_letters WHERE database = $1 ORDER BY id DESC LIMIT $2", id, (long)QueueState.DeadLetters));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var state = new QueueState(reader.GetInt64(0), reader.GetInt64(1), await reader.IsDBNullAsync(2, cancellation) ? null : reader.GetInt64(2), []);
        await reader.NextResultAsync(cancellation);
        var letters = new List<DeadLetter>();
        while (await reader.ReadAsync(cancellation))
            letters.Add(new(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetInt32(2)));
        return state with { Letters = letters };
    }

    public override async ValueTask LookAheadAsync(CancellationToken cancellation)
    {
        long before;
        lock (ahead)
            before = commits;
        await using var command = source.CreateCommand(
            "SELECT (SELECT min(expires) FROM kv_entries WHERE database = $1 AND expires IS NOT NULL), (SELECT min(due) FROM kv_queue WHERE database = $1)");
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var expiry = await reader.IsDBNullAsync(0, cancellation) ? long.MaxValue : reader.GetInt64(0);
        var due = await reader.IsDBNullAsync(1, cancellation) ? long.MaxValue : reader.GetInt64(1);
        if (Stopwatch.GetElapsedTime(counted) > CountEvery)
            await CountAsync(cancellation);
        lock (ahead)
            (NextExpiry, NextDue) = before == commits ? (expiry, due) : (Math.Min(NextExpiry, expiry), Math.Min(NextDue, due)); // what was committed meanwhile may not be in it
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    async Task<List<ReadOnlyMemory<byte>>> DeleteExpiredAsync(long now, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Command(NextVersion, id)); // first: the order of all writers
        batch.BatchCommands.Add(Command(Collect, id, now, CollectedAtOnce));
        var keys = new List<ReadOnlyMemory<byte>>();
        NpgsqlBatchCommand? record = null;
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            if (!await reader.ReadAsync(cancellation))
                throw new IOException($"The row of KV database {id} is gone");
            var (version, recording) = (reader.GetInt64(0), reader.GetBoolean(1));
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                keys.Add(reader.GetFieldValue<byte[]>(0));
            if (recording && keys.Count > 0)
                record = PostgresApply.Recorded(id, ChangeRow.OfExpired(keys, version), now);
        }
        if (record is not null)
        {
            await using var recorded = new NpgsqlBatch(connection) { BatchCommands = { record } };
            await recorded.ExecuteNonQueryAsync(cancellation);
        }
        await transaction.CommitAsync(cancellation);
        return keys;
    }

    /// <summary>Counting reads them all.</summary>
    async Task CountAsync(CancellationToken cancellation)
    {
        counted = Stopwatch.GetTimestamp();
        await using var command = source.CreateCommand("SELECT count(*) FROM kv_queue WHERE database = $1");
        command.Parameters.Add(new() { Value = id });
        QueueLength = (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    internal static NpgsqlBatchCommand Command(string text, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}
