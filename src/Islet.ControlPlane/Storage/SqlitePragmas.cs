using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using SQLitePCL;

namespace Islet.ControlPlane.Storage;

/// <summary>
/// Pragmas that belong to a connection, not to the file: references hold, an acknowledged commit survives power loss (FULL),
/// and a writer that finds the file locked waits inside SQLite instead of in the provider's 150 ms steps. The provider keeps
/// connections open below those that it gives out, one for each query: each is told once.
/// </summary>
sealed class SqlitePragmas : DbConnectionInterceptor
{
    const string Pragmas = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;";

    public static readonly SqlitePragmas Instance = new();

    readonly ConditionalWeakTable<sqlite3, object> told = [];

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Tell((SqliteConnection)connection);

    /// <summary>Nothing waits here: it is a library in this process.</summary>
    public override Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Tell((SqliteConnection)connection);
        return Task.CompletedTask;
    }

    void Tell(SqliteConnection connection)
    {
        var handle = connection.Handle!;
        if (told.TryGetValue(handle, out _))
            return;
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
        told.AddOrUpdate(handle, Instance);
    }
}
