using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>The tables of all databases in PostgreSQL. Its bytea compares byte by byte, which is the order of KV Connect.</summary>
static class PostgresSchema
{
    /// <summary>
    /// Nodes that start at once do it one after another; any number that nobody else of the database uses. A column is added
    /// only where it lacks, because already to try waits for whoever reads the table, such as a dump.
    /// </summary>
    const string Create = """
        SELECT pg_advisory_xact_lock(1769173863);
        CREATE TABLE IF NOT EXISTS kv_databases(id uuid PRIMARY KEY, version bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS kv_entries(
            database uuid NOT NULL, key bytea NOT NULL, value bytea NOT NULL, encoding smallint NOT NULL, version bigint NOT NULL, expires bigint,
            PRIMARY KEY (database, key));
        CREATE INDEX IF NOT EXISTS kv_entries_expires ON kv_entries(database, expires) WHERE expires IS NOT NULL;
        CREATE TABLE IF NOT EXISTS kv_queue(
            id bigserial PRIMARY KEY, database uuid NOT NULL, due bigint NOT NULL, payload bytea NOT NULL, backoff bytea NOT NULL,
            keys bytea NOT NULL, attempt integer NOT NULL);
        CREATE INDEX IF NOT EXISTS kv_queue_due ON kv_queue(database, due, id);
        CREATE TABLE IF NOT EXISTS kv_dead_letters(
            id bigserial PRIMARY KEY, database uuid NOT NULL, at bigint NOT NULL, payload bytea NOT NULL, tries integer NOT NULL);
        CREATE INDEX IF NOT EXISTS kv_dead_letters_database ON kv_dead_letters(database, id);
        CREATE TABLE IF NOT EXISTS kv_changes(
            database uuid NOT NULL, version bigint NOT NULL, sequence integer NOT NULL, at bigint NOT NULL, key bytea NOT NULL, value bytea,
            encoding smallint NOT NULL, expires bigint NOT NULL, PRIMARY KEY (database, version, sequence));
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'kv_databases'::regclass AND attname = 'backup') THEN
                ALTER TABLE kv_databases ADD COLUMN backup uuid, ADD COLUMN segment bigint NOT NULL DEFAULT 1, ADD COLUMN based boolean NOT NULL DEFAULT false;
            END IF;
        END $$;
        """;

    public static async Task PrepareAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var command = new NpgsqlCommand(Create, connection, transaction);
        await command.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }
}
