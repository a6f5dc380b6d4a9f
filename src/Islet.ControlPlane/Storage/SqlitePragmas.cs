using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Islet.ControlPlane.Storage;

/// <summary>
/// Pragmas that belong to a connection, not to the file: an acknowledged commit survives power loss (FULL), and a
/// writer that finds the file locked waits inside SQLite instead of in the provider's 150 ms steps.
/// </summary>
sealed class SqlitePragmas : DbConnectionInterceptor
{
    const string Pragmas = "PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;";

    public static readonly SqlitePragmas Instance = new();

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
