using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Storage;

/// <summary>
/// Whether anything was committed to the database: a number that is another one after each commit, whoever made it. What
/// was read after the number was is still true as long as it stays.
/// </summary>
public sealed class RowsVersion(IOptions<ControlPlaneOptions> options, Postgres postgres) : IDisposable
{
    readonly PostgresSnapshots snapshots = new(postgres);
    readonly Lock reading = new();
    SqliteConnection? connection;
    SqliteCommand? question;

    /// <summary>As it is at a moment after this was called. Null where the database does not say.</summary>
    public ValueTask<long?> ReadAsync() => postgres.IsUsed ? new(snapshots.ReadAsync()) : new(ReadFile());

    public void Dispose()
    {
        snapshots.Dispose();
        lock (reading)
        {
            question?.Dispose();
            connection?.Dispose();
        }
    }

    long ReadFile()
    {
        lock (reading)
            return (long)(question ??= Ask()).ExecuteScalar()!;
    }

    /// <summary>SQLite counts for each connection what others commit: this one never writes, so it sees all.</summary>
    SqliteCommand Ask()
    {
        connection = new(SqliteIsletDb.ReadOnly(options.Value.DataDirectory));
        connection.Open();
        var command = connection.CreateCommand();
        command.CommandText = "PRAGMA data_version";
        command.Prepare();
        return command;
    }
}
