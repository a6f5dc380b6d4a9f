using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Islet.ControlPlane.Storage;

/// <summary>Brings the tables up to this program. Nodes that start at once do it one after another.</summary>
public sealed class PrepareDatabase(Postgres postgres, IOptions<ControlPlaneOptions> options)
{
    /// <summary>Any number that nobody else of the database uses; not the one of <see cref="PostgresWriters"/>.</summary>
    const string WaitForTurn = "SET lock_timeout = 0; SELECT pg_advisory_lock(1769173862)";

    /// <summary>Which directory the nodes share: the name in its file <c>shared</c>.</summary>
    const string CreateShared = "CREATE TABLE IF NOT EXISTS islet_shared (name text NOT NULL);";

    const string EndTurn = "SELECT pg_advisory_unlock(1769173862)";

    /// <summary>Until it is disposed no other node prepares the same database, nor makes its first user.</summary>
    /// <exception cref="DatabaseUnusableException">It cannot be reached, or a newer program has been here.</exception>
    public async Task<IAsyncDisposable> RunAsync(IsletDb db, CancellationToken cancellation)
    {
        var turn = postgres.IsUsed ? await TakeTurnAsync(cancellation) : await OpenFileAsync(db, cancellation);
        try
        {
            if (postgres.IsUsed)
                await db.GetService<IHistoryRepository>().CreateIfNotExistsAsync(cancellation); // asking without it would be logged as a failure
            var unknown = (await db.Database.GetAppliedMigrationsAsync(cancellation)).Except(db.Database.GetMigrations(), StringComparer.Ordinal).ToList();
            if (unknown.Count > 0)
                throw new DatabaseUnusableException($"The database was changed by a newer Islet ({unknown[^1]} is not known here): start that one, or bring back a copy from before it");
            await db.Database.MigrateAsync(cancellation);
            if (postgres.IsUsed)
            {
                await db.Database.ExecuteSqlRawAsync(CreateShared + SharedBuildLogTable.Create + ChangeTriggers.Sql, cancellation);
                await CheckSharedAsync(db, cancellation);
            }
            return turn;
        }
        catch
        {
            await turn.DisposeAsync();
            throw;
        }
    }

    /// <summary>Two directories for one database would look well until a server needs what another one has built.</summary>
    async Task CheckSharedAsync(IsletDb db, CancellationToken cancellation)
    {
        var mine = NameFile.ReadOrMake(Path.Combine(options.Value.Shared, "shared"));
        await db.Database.ExecuteSqlAsync($"INSERT INTO islet_shared SELECT {mine} WHERE NOT EXISTS (SELECT FROM islet_shared)", cancellation);
        if (await db.Database.SqlQuery<string>($"""SELECT name AS "Value" FROM islet_shared""").SingleAsync(cancellation) != mine)
            throw new DatabaseUnusableException("The servers of this database have another directory of blobs than this one: name theirs by --shared");
    }

    async Task<IAsyncDisposable> TakeTurnAsync(CancellationToken cancellation)
    {
        try
        {
            var connection = await postgres.Source.OpenConnectionAsync(cancellation);
            await using var command = new NpgsqlCommand(WaitForTurn, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancellation);
            return new Turn(connection);
        }
        catch (NpgsqlException exception)
        {
            throw new DatabaseUnusableException(
                $"The database {PostgresAddress.WithoutPassword(options.Value.Database!)} cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// SQLite gives its other files the mode of the first. The lock of its migrations is a row, which a killed start leaves
    /// behind for ever; the lock of the data directory says that nobody holds it now.
    /// </summary>
    async Task<IAsyncDisposable> OpenFileAsync(IsletDb db, CancellationToken cancellation)
    {
        var file = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "islet.db");
        var opened = File.Open(file, FileMode.OpenOrCreate);
        await using (opened)
            Durable.OwnerOnly(new FileInfo(file));
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellation);
        await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellation);
        return opened;
    }

    /// <summary>Ended by a word of its own: a pool resets a connection only when it gives it out again.</summary>
    sealed class Turn(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (connection)
            await using (var command = new NpgsqlCommand(EndTurn, connection))
                await command.ExecuteNonQueryAsync();
        }
    }
}
