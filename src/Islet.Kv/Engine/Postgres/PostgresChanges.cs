using Islet.Kv.Engine.Changes;
using Islet.Kv.Wire;
using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>
/// The log of a database in PostgreSQL. Whether it is kept stands in the database's row, which every commit holds: so what
/// is changed here comes between two commits, of whichever node.
/// </summary>
sealed class PostgresChanges(Guid id, NpgsqlDataSource source) : ChangeLog
{
    /// <summary>Rows of a statement: what is left of it when there are enough bytes is read for nothing.</summary>
    const int AtOnce = 250;

    const string FindRecording = "SELECT backup, segment, based FROM kv_databases WHERE id = $1 AND backup IS NOT NULL";

    const string Start = """
        WITH started AS (
            UPDATE kv_databases SET backup = $2, segment = 1, based = false WHERE id = $1 AND backup IS DISTINCT FROM $2 RETURNING id)
        DELETE FROM kv_changes WHERE database = $1 AND EXISTS (SELECT FROM started)
        """;

    const string Stop = "UPDATE kv_databases SET backup = NULL WHERE id = $1 AND backup = $2";

    /// <summary>A statement of its own: it has to see what was committed while <see cref="Stop"/> waited for the row.</summary>
    const string Clear = "DELETE FROM kv_changes WHERE database = $1 AND EXISTS (SELECT FROM kv_databases WHERE id = $1 AND backup IS NULL)";

    const string SetBased = "UPDATE kv_databases SET based = true WHERE id = $1 AND backup = $2";

    const string Forget = """
        WITH counted AS (UPDATE kv_databases SET segment = $3 + 1 WHERE id = $1 AND backup = $2 AND segment = $3 RETURNING id)
        DELETE FROM kv_changes WHERE database = $1 AND version <= $4 AND EXISTS (SELECT FROM counted)
        """;

    const string Next = """
        SELECT version, sequence, at, key, value, encoding, expires FROM kv_changes
        WHERE database = $1 AND (version, sequence) > ($2, $3) ORDER BY version, sequence LIMIT $4
        """;

    const string Waiting = "SELECT coalesce(sum(octet_length(key) + coalesce(octet_length(value), 0) + 64), 0)::bigint FROM kv_changes WHERE database = $1";

    const string Page = "SELECT key, value, encoding, version, coalesce(expires, 0) FROM kv_entries WHERE database = $1 AND key > $2 ORDER BY key LIMIT $3";

    public override async ValueTask<Recording?> FindAsync(CancellationToken cancellation)
    {
        await using var command = Command(FindRecording, id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new(reader.GetGuid(0), reader.GetInt64(1), reader.GetBoolean(2)) : null;
    }

    public override ValueTask StartAsync(Guid backup, CancellationToken cancellation) => RunAsync(Command(Start, id, backup), cancellation);

    public override async ValueTask StopAsync(Guid backup, CancellationToken cancellation)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(PostgresStorage.Command(Stop, id, backup));
        batch.BatchCommands.Add(PostgresStorage.Command(Clear, id));
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    public override ValueTask SetBasedAsync(Guid backup, CancellationToken cancellation) => RunAsync(Command(SetBased, id, backup), cancellation);

    public override async ValueTask<long> VersionAsync(CancellationToken cancellation) =>
        await ScalarAsync("SELECT version FROM kv_databases WHERE id = $1", cancellation) ?? throw new IOException($"The row of KV database {id} is gone");

    public override async ValueTask<ChangeSegment?> NextAsync(CancellationToken cancellation)
    {
        var rows = new SegmentRows();
        var (version, sequence) = (0L, 0);
        for (var read = AtOnce; read == AtOnce;)
        {
            read = 0;
            await using var command = Command(Next, id, version, sequence, (long)AtOnce);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            for (; await reader.ReadAsync(cancellation); read++)
            {
                (version, sequence) = (reader.GetInt64(0), reader.GetInt32(1));
                if (!rows.Add(reader.GetInt64(2), Row(reader, version, sequence)))
                    return rows.ToSegment();
            }
        }
        return rows.ToSegment();
    }

    public override ValueTask ForgetAsync(Guid backup, ChangeSegment segment, long number, CancellationToken cancellation) =>
        RunAsync(Command(Forget, id, backup, number, segment.Rows[^1].Version), cancellation);

    public override async ValueTask<long> WaitingAsync(CancellationToken cancellation) => await ScalarAsync(Waiting, cancellation) ?? 0;

    public override async ValueTask<IReadOnlyList<StoredEntry>> PageAsync(ReadOnlyMemory<byte> after, int bytes, CancellationToken cancellation)
    {
        var entries = new List<StoredEntry>();
        for (var read = AtOnce; read == AtOnce && bytes > 0;)
        {
            read = 0;
            await using var command = Command(Page, id, after.ToArray(), (long)AtOnce);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            for (; bytes > 0 && await reader.ReadAsync(cancellation); read++)
            {
                after = reader.GetFieldValue<byte[]>(0);
                var value = reader.GetFieldValue<byte[]>(1);
                entries.Add(new(after, new(value, (KvEncoding)reader.GetInt16(2), reader.GetInt64(3), reader.GetInt64(4))));
                bytes -= after.Length * 2 + value.Length + 64;
            }
        }
        return entries;
    }

    static ChangeRow Row(NpgsqlDataReader row, long version, int sequence) => new(
        version, sequence, row.GetFieldValue<byte[]>(3), row.IsDBNull(4)
            ? default
            : new(row.GetFieldValue<byte[]>(4), (KvEncoding)row.GetInt16(5), version, row.GetInt64(6)));

    static async ValueTask RunAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using (command)
            await command.ExecuteNonQueryAsync(cancellation);
    }

    async ValueTask<long?> ScalarAsync(string text, CancellationToken cancellation)
    {
        await using var command = Command(text, id);
        return (long?)await command.ExecuteScalarAsync(cancellation);
    }

    NpgsqlCommand Command(string text, params ReadOnlySpan<object> values)
    {
        var command = source.CreateCommand(text);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}
