using Islet.Kv.Engine.Changes;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>Keeps changes for the backup, if there is one, on the writer's connection and in its transaction.</summary>
sealed class SqliteRecorder(SqliteFile file)
{
    readonly SqliteStatement recording = file.Prepare("SELECT backup FROM recording");
    readonly SqliteStatement add = file.Prepare("INSERT INTO changes(version, sequence, at, key, value, encoding, expires) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");

    /// <summary>Null: there is none.</summary>
    public Guid? Backup()
    {
        Guid? backup = recording.Step() ? new(recording.Blob(0)) : null;
        recording.Reset();
        return backup;
    }

    public void Add(List<ChangeRow> rows, long now)
    {
        foreach (var row in rows)
        {
            add.Bind(1, row.Version).Bind(2, row.Sequence).Bind(3, now).Bind(4, row.Key.Span);
            (row.IsDeletion ? add.BindNull(5) : add.Bind(5, row.State.Value.Span)).Bind(6, (int)row.State.Encoding).Bind(7, row.State.ExpireAt).Run();
        }
    }
}
