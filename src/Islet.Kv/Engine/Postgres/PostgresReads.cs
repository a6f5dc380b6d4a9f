using System.Data;
using Islet.Kv.Wire;
using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>Reads of one database: a single range is a statement, which is a snapshot by itself; more are one transaction.</summary>
sealed class PostgresReads(Guid id, NpgsqlDataSource source)
{
    const string Upwards = """
        SELECT key, value, encoding, version, coalesce(expires, 0) FROM kv_entries
        WHERE database = $1 AND key >= $2 AND key < $3 AND (expires IS NULL OR expires > $4) ORDER BY key LIMIT $5
        """;

    const string Downwards = """
        SELECT key, value, encoding, version, coalesce(expires, 0) FROM kv_entries
        WHERE database = $1 AND key >= $2 AND key < $3 AND (expires IS NULL OR expires > $4) ORDER BY key DESC LIMIT $5
        """;

    public async ValueTask RunAsync(ReadRange[] ranges, long now, IEntrySink sink, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        if (ranges.Length <= 1)
        {
            await ReadAsync(connection, ranges, now, sink, cancellation);
            return;
        }
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await ReadAsync(connection, ranges, now, sink, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    async Task ReadAsync(NpgsqlConnection connection, ReadRange[] ranges, long now, IEntrySink sink, CancellationToken cancellation)
    {
        if (ranges.Length == 0)
            return;
        await using var batch = new NpgsqlBatch(connection);
        foreach (var range in ranges)
            batch.BatchCommands.Add(PostgresStorage.Command(range.Reverse ? Downwards : Upwards, id, range.Start.ToArray(), range.End.ToArray(), now, (long)range.Limit));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        do
        {
            sink.BeginRange();
            while (await reader.ReadAsync(cancellation))
                sink.Add(reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<byte[]>(1), (KvEncoding)reader.GetInt16(2), reader.GetInt64(3), reader.GetInt64(4));
        }
        while (await reader.NextResultAsync(cancellation));
    }
}
