using Islet.Kv.Engine.Changes;
using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>One transaction, which holds the row of the new database from the start: who opens it meanwhile waits.</summary>
sealed class PostgresRestore : RestoreTarget
{
    /// <summary>The bucket may be slow to answer.</summary>
    const string Patient = "-c idle_in_transaction_session_timeout=0";

    const int AtOnce = 1000;

    const string Take = "INSERT INTO kv_databases(id, version) VALUES ($1, 1) ON CONFLICT DO NOTHING";

    readonly Guid id;
    readonly NpgsqlDataSource source;
    readonly NpgsqlConnection connection;
    readonly NpgsqlTransaction transaction;

    PostgresRestore(Guid id, NpgsqlDataSource source, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (this.id, this.source, this.connection, this.transaction) = (id, source, connection, transaction);

    /// <param name="address">In Npgsql's form.</param>
    /// <exception cref="IOException">The database was used before.</exception>
    public static async Task<PostgresRestore> BeginAsync(string address, Guid id, CancellationToken cancellation)
    {
        var settings = new NpgsqlConnectionStringBuilder(address) { ApplicationName = "islet kv restore", CommandTimeout = 0 };
        settings.Options = $"{settings.Options} {Patient}".Trim();
        var database = NpgsqlDataSource.Create(settings.ConnectionString);
        try
        {
            await PostgresSchema.PrepareAsync(database, cancellation);
            var opened = await database.OpenConnectionAsync(cancellation);
            var target = new PostgresRestore(id, database, opened, await opened.BeginTransactionAsync(cancellation));
            if (await target.RunAsync(PostgresStorage.Command(Take, id), cancellation) == 0)
                throw new IOException($"The database {id} was used already: restore to a new one");
            return target;
        }
        catch
        {
            await database.DisposeAsync(); // with its connections, and what they have begun
            throw;
        }
    }

    public override async ValueTask ApplyAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellation)
    {
        foreach (var some in entries.Chunk(AtOnce))
            await RunAsync(PostgresApply.Entries(id, [.. some]), cancellation);
    }

    public override async ValueTask ApplyAsync(IReadOnlyList<ChangeRow> rows, CancellationToken cancellation)
    {
        var last = new Dictionary<ReadOnlyMemory<byte>, KeyState>(KeyComparer.Instance);
        foreach (var row in rows)
            last[row.Key] = row.State;
        var gone = last.Where(one => one.Value.Version == 0).Select(one => one.Key.ToArray()).ToArray();
        if (gone.Length > 0)
            await RunAsync(PostgresApply.Deletions(id, gone), cancellation);
        await ApplyAsync([.. last.Where(one => one.Value.Version != 0).Select(one => new StoredEntry(one.Key, one.Value))], cancellation);
    }

    public override async ValueTask<long> FinishAsync(long version, CancellationToken cancellation)
    {
        await RunAsync(PostgresStorage.Command("UPDATE kv_databases SET version = $2 WHERE id = $1", id, version), cancellation);
        await using var count = new NpgsqlCommand("SELECT count(*) FROM kv_entries WHERE database = $1", connection, transaction) { Parameters = { new() { Value = id } } };
        var entries = (long)(await count.ExecuteScalarAsync(cancellation))!;
        await transaction.CommitAsync(cancellation);
        return entries;
    }

    public override async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
        await source.DisposeAsync();
    }

    async Task<int> RunAsync(NpgsqlBatchCommand command, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(command);
        return await batch.ExecuteNonQueryAsync(cancellation);
    }
}
