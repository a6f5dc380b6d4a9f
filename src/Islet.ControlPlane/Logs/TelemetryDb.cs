using System.Globalization;
using Islet.ControlPlane.Storage;
using Microsoft.Data.Sqlite;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// The file telemetry.db: one writing connection, any number of reading ones (WAL: they never wait for each other).
/// A commit survives the death of this process; the last few may be lost with the power (synchronous = NORMAL).
/// </summary>
public sealed class TelemetryDb : IDisposable
{
    readonly Lock writing = new();
    readonly SqliteConnection writer;
    readonly string readerString;

    public TelemetryDb(LogsOptions options)
    {
        CreatePrivately(options.TelemetryPath);
        var address = new SqliteConnectionStringBuilder { DataSource = options.TelemetryPath, DefaultTimeout = 5, Pooling = false };
        writer = new SqliteConnection(address.ToString());
        address.Mode = SqliteOpenMode.ReadOnly;
        address.Pooling = true;
        readerString = address.ToString();

        writer.Open();
        Run(writer, null, Statements.OpenWriter);
        Migrate();
    }

    /// <summary>Runs the work in one transaction, alone. Throws <see cref="SqliteException"/> when the disk refuses; then nothing is written.</summary>
    internal T Write<T>(Func<SqliteConnection, SqliteTransaction, T> work)
    {
        lock (writing)
        {
            using var transaction = writer.BeginTransaction();
            var result = work(writer, transaction);
            transaction.Commit();
            return result;
        }
    }

    /// <summary>An open connection that cannot write. Dispose it soon: a long read keeps the WAL from shrinking.</summary>
    internal SqliteConnection OpenReader()
    {
        var reader = new SqliteConnection(readerString);
        reader.Open();
        return reader;
    }

    internal static IReadOnlyList<LogDay> ListDays(SqliteConnection connection, SqliteTransaction transaction, string kind = LogDay.Lines)
    {
        using var list = Command(connection, transaction, Statements.ListTables);
        using var tables = list.ExecuteReader();
        var days = new List<LogDay>();
        while (tables.Read())
        {
            if (LogDay.TryParse(tables.GetString(0), kind, out var day))
                days.Add(day);
        }

        days.Sort();
        return days;
    }

    internal static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // every text comes from Statements
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    internal static void Run(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using var command = Command(connection, transaction, sql);
        command.ExecuteNonQuery();
    }

    internal static long Number(SqliteCommand command) => Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);

    public void Dispose()
    {
        using (var pooled = new SqliteConnection(readerString))
            SqliteConnection.ClearPool(pooled);
        lock (writing)
            writer.Dispose();
    }

    /// <summary>Lines of tenants are nobody else's: the file, and the WAL that takes over its mode, is the owner's alone.</summary>
    static void CreatePrivately(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } directory)
            Durable.CreateDirectory(directory);
        var create = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(path, create).Dispose();
    }

    void Migrate()
    {
        using var transaction = writer.BeginTransaction();
        Run(writer, transaction, Statements.CreateVersion);
        using var read = Command(writer, transaction, Statements.ReadVersion);
        var version = (int)Number(read);
        if (version > Statements.Migrations.Length)
            throw new InvalidOperationException($"{writer.DataSource} has schema {version}, newer than this program's {Statements.Migrations.Length}.");

        for (; version < Statements.Migrations.Length; version++)
        {
            Run(writer, transaction, Statements.Migrations[version](ListDays(writer, transaction)));
            using var note = Command(writer, transaction, Statements.WriteVersion);
            note.Parameters.AddWithValue("$version", version + 1);
            note.ExecuteNonQuery();
        }

        transaction.Commit();
    }
}
