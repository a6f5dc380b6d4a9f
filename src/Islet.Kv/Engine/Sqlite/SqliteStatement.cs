using SQLitePCL;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>A prepared statement. Parameters count from 1, columns from 0. It must be reset before it is used again.</summary>
sealed class SqliteStatement(SqliteFile file, sqlite3_stmt statement) : IDisposable
{
    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value)
    {
        // a span without bytes would become NULL
        file.Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, index, 0) : raw.sqlite3_bind_blob(statement, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, long value)
    {
        file.Check(raw.sqlite3_bind_int64(statement, index, value));
        return this;
    }

    public SqliteStatement BindNull(int index)
    {
        file.Check(raw.sqlite3_bind_null(statement, index));
        return this;
    }

    /// <summary>True: there is a row.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(statement);
        file.Check(code);
        return code == raw.SQLITE_ROW;
    }

    public long Number(int column) => raw.sqlite3_column_int64(statement, column);

    /// <summary>Valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    /// <summary>What went wrong was told by the step.</summary>
    public void Reset() => raw.sqlite3_reset(statement);

    public void Run()
    {
        try
        {
            Step();
        }
        finally
        {
            Reset();
        }
    }

    public void Dispose() => statement.Dispose();
}
