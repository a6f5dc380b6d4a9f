using System.Diagnostics;
using Islet.Kv.Engine.Changes;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>A new file beside those of the databases, which gets its name at the end.</summary>
sealed class SqliteRestore : RestoreTarget
{
    readonly string directory, path, unfinished;
    readonly SqliteFile file;
    readonly SqliteStatement put, delete;

    /// <param name="directory">Where database files are.</param>
    /// <exception cref="IOException">The database was used before.</exception>
    public SqliteRestore(string directory, Guid database)
    {
        (this.directory, path) = (directory, SqliteFiles.PathOf(directory, database));
        if (File.Exists(path))
            throw new IOException($"The database {database} was used already: restore to a new one");
        unfinished = path + ".restoring";
        SqliteFiles.Remove(unfinished);
        file = SqliteFile.Open(unfinished, create: true);
        SqliteSchema.Prepare(file);
        put = file.Prepare("INSERT OR REPLACE INTO entries(key, value, encoding, version, expires) VALUES(?1, ?2, ?3, ?4, ?5)");
        delete = file.Prepare("DELETE FROM entries WHERE key = ?1");
    }

    public override ValueTask ApplyAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellation)
    {
        file.Execute("BEGIN");
        foreach (var entry in entries)
            Put(entry.Key, entry.State);
        file.Execute("COMMIT");
        return ValueTask.CompletedTask;
    }

    public override ValueTask ApplyAsync(IReadOnlyList<ChangeRow> rows, CancellationToken cancellation)
    {
        file.Execute("BEGIN");
        foreach (var row in rows)
            if (row.IsDeletion)
                delete.Bind(1, row.Key.Span).Run();
            else
                Put(row.Key, row.State);
        file.Execute("COMMIT");
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<long> FinishAsync(long version, CancellationToken cancellation)
    {
        using (var set = file.Prepare("UPDATE database SET version = ?1"))
            set.Bind(1, version).Run();
        var entries = file.Scalar("SELECT count(*) FROM entries");
        file.Dispose();
        if (Environment.IsPrivilegedProcess)
            await GiveToServerAsync(cancellation);
        File.Move(unfinished, path, overwrite: false);
        return entries;
    }

    public override ValueTask DisposeAsync()
    {
        file.Dispose();
        SqliteFiles.Remove(unfinished);
        return ValueTask.CompletedTask;
    }

    void Put(ReadOnlyMemory<byte> key, in KeyState state)
    {
        put.Bind(1, key.Span).Bind(2, state.Value.Span).Bind(3, (int)state.Encoding).Bind(4, state.Version);
        (state.ExpireAt == 0 ? put.BindNull(5) : put.Bind(5, state.ExpireAt)).Run();
    }

    /// <summary>Its server runs as another user, to whom the directory belongs.</summary>
    async Task GiveToServerAsync(CancellationToken cancellation)
    {
        using var chown = Process.Start("chown", [$"--reference={directory}", "--", unfinished]);
        await chown.WaitForExitAsync(cancellation);
        if (chown.ExitCode != 0)
            throw new IOException($"{unfinished} could not be given to the owner of {directory}");
    }
}
