using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>All databases in PostgreSQL: its connections, and what the nodes tell each other.</summary>
sealed class PostgresDatabases : IAsyncDisposable
{
    const int PreparedStatements = 60;
    const int Connections = 20;

    const string Count = "SELECT coalesce(sum(octet_length(key) + octet_length(value) + 40), 0)::bigint FROM kv_entries WHERE database = $1";

    /// <summary>One look at the index for each database that has any.</summary>
    const string Waiting = """
        WITH RECURSIVE waiting AS (
            (SELECT database FROM kv_changes ORDER BY database LIMIT 1)
            UNION ALL
            SELECT (SELECT later.database FROM kv_changes AS later WHERE later.database > waiting.database ORDER BY later.database LIMIT 1)
            FROM waiting WHERE waiting.database IS NOT NULL)
        SELECT id, backup FROM waiting JOIN kv_databases ON id = waiting.database WHERE backup IS NOT NULL
        """;

    static readonly TimeSpan CountEvery = TimeSpan.FromMinutes(2);

    readonly ConcurrentDictionary<Guid, (long Version, long Size, long Counted)> sizes = new();

    /// <summary>
    /// Every statement has an index that gives its rows in their order. Statistics of tables that change all the time are
    /// old, and a scan would read all dead rows of all tenants.
    /// </summary>
    const string Plans = "-c enable_seqscan=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan -c jit=off";

    readonly NpgsqlDataSource source;
    readonly NoticeChanges notices;
    volatile bool prepared;

    public PostgresDatabases(string address, Action<Guid> heard, ILogger log)
    {
        var settings = new NpgsqlConnectionStringBuilder(address) { MaxAutoPrepare = PreparedStatements, MaxPoolSize = Connections, ApplicationName = "islet kv" };
        settings.Options = $"{settings.Options} {Plans}".Trim();
        source = NpgsqlDataSource.Create(settings.ConnectionString);
        notices = new(source, heard, log);
    }

    public async Task<KvStorage> OpenAsync(Guid id)
    {
        await PrepareOnceAsync(CancellationToken.None);
        var storage = new PostgresStorage(id, source, notices);
        await storage.PrepareAsync(CancellationToken.None);
        return storage;
    }

    public Task<List<Guid>> AllAsync(CancellationToken cancellation) => IdsAsync("SELECT id FROM kv_databases", cancellation);

    public Task<List<Guid>> WithMessagesAsync(CancellationToken cancellation) => IdsAsync("SELECT DISTINCT database FROM kv_queue", cancellation);

    /// <summary>Counting reads all entries: so it is done again only after a change, and not often.</summary>
    public async ValueTask<long> SizeAsync(Guid id, CancellationToken cancellation)
    {
        sizes.TryGetValue(id, out var known);
        if (known.Counted != 0 && Stopwatch.GetElapsedTime(known.Counted) < CountEvery)
            return known.Size;
        await using var connection = await source.OpenConnectionAsync(cancellation);
        if (await ScalarAsync(connection, "SELECT version FROM kv_databases WHERE id = $1", id, cancellation) is not long version)
            return 0;
        var size = version == known.Version
            ? known.Size
            : (long)(await ScalarAsync(connection, Count, id, cancellation))!;
        sizes[id] = (version, size, Stopwatch.GetTimestamp());
        return size;
    }

    public async Task<List<(Guid Database, Guid Backup)>> WithChangesAsync(CancellationToken cancellation)
    {
        await PrepareOnceAsync(cancellation);
        var waiting = new List<(Guid, Guid)>();
        await using var command = source.CreateCommand(Waiting);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            waiting.Add((reader.GetGuid(0), reader.GetGuid(1)));
        return waiting;
    }

    /// <summary>All or nothing; its row first, so that nobody writes any more.</summary>
    public async Task RemoveAsync(Guid id, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in (string[])["DELETE FROM kv_databases WHERE id = $1", "DELETE FROM kv_queue WHERE database = $1", "DELETE FROM kv_dead_letters WHERE database = $1", "DELETE FROM kv_changes WHERE database = $1", "DELETE FROM kv_entries WHERE database = $1"])
            batch.BatchCommands.Add(PostgresStorage.Command(statement, id));
        await batch.ExecuteNonQueryAsync(cancellation);
        sizes.TryRemove(id, out _);
    }

    public async ValueTask DisposeAsync()
    {
        await notices.DisposeAsync();
        await source.DisposeAsync();
    }

    async Task<List<Guid>> IdsAsync(string text, CancellationToken cancellation)
    {
        await PrepareOnceAsync(cancellation);
        var ids = new List<Guid>();
        await using var command = source.CreateCommand(text);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            ids.Add(reader.GetGuid(0));
        return ids;
    }

    static async Task<object?> ScalarAsync(NpgsqlConnection connection, string text, Guid id, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(text, connection) { Parameters = { new() { Value = id } } };
        return await command.ExecuteScalarAsync(cancellation);
    }

    /// <summary>More than once does no harm.</summary>
    async ValueTask PrepareOnceAsync(CancellationToken cancellation)
    {
        if (!prepared)
            await PostgresSchema.PrepareAsync(source, cancellation);
        prepared = true;
    }
}
