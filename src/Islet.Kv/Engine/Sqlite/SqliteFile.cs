using SQLitePCL;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>One connection to a database file, for one thread at a time.</summary>
sealed class SqliteFile : IDisposable
{
    const int BusyMilliseconds = 5_000;

    readonly sqlite3 handle;
    readonly List<SqliteStatement> statements = [];

    static SqliteFile() => Batteries_V2.Init();

    SqliteFile(sqlite3 handle) => this.handle = handle;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SqliteFile Open(string path, bool create)
    {
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | (create ? raw.SQLITE_OPEN_CREATE : 0);
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var file = new SqliteFile(handle);
        try
        {
            file.Check(code);
            file.Check(raw.sqlite3_busy_timeout(handle, BusyMilliseconds));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool InTransaction => raw.sqlite3_get_autocommit(handle) == 0;

    public int Changes => raw.sqlite3_changes(handle);

    public void Execute(string sql) => Check(raw.sqlite3_exec(handle, sql));

    /// <summary>Lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var prepared));
        var statement = new SqliteStatement(this, prepared);
        statements.Add(statement);
        return statement;
    }

    /// <summary>The caller disposes it.</summary>
    public SqliteStatement PrepareOnce(string sql)
    {
        Check(raw.sqlite3_prepare_v2(handle, sql, out var prepared));
        return new(this, prepared);
    }

    public long Scalar(string sql)
    {
        Check(raw.sqlite3_prepare_v2(handle, sql, out var prepared));
        using (prepared)
            return raw.sqlite3_step(prepared) == raw.SQLITE_ROW ? raw.sqlite3_column_int64(prepared, 0) : throw Problem();
    }

    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
            throw Problem();
    }

    public void Dispose()
    {
        foreach (var statement in statements)
            statement.Dispose();
        handle.Dispose();
    }

    IOException Problem() =>
        new($"SQLite: {raw.sqlite3_errmsg(handle).utf8_to_string()} ({raw.sqlite3_extended_errcode(handle)})");
}
