using Islet.Kv.Wire;

namespace Islet.Kv.Engine.Changes;

/// <summary>
/// One change of a commit as it is kept for the backup. <see cref="State"/> without a version: the key is gone. The last one
/// of what was committed together has the sequence <see cref="Last"/>: only there the database was as a reader saw it.
/// </summary>
readonly record struct ChangeRow(long Version, int Sequence, ReadOnlyMemory<byte> Key, KeyState State)
{
    public const int Last = ushort.MaxValue;

    /// <summary>Deletions have no version of their own; so many fit at one. A commit has fewer changes than that for each version it takes.</summary>
    const int DeletionsAtOne = 50_000;

    public bool IsDeletion => State.Version == 0;

    /// <summary>Later in the log than the other; rows of a log grow strictly.</summary>
    public bool IsAfter(in ChangeRow other) => (Version, Sequence).CompareTo((other.Version, other.Sequence)) > 0;

    public int Bytes => Key.Length + State.Value.Length + 64;

    /// <summary>What a commit changed, in the order of versions.</summary>
    /// <param name="version">Of the database after it.</param>
    public static List<ChangeRow> Of(IReadOnlyDictionary<ReadOnlyMemory<byte>, KeyState> changes, long version, long now)
    {
        var rows = new List<ChangeRow>(changes.Count);
        var deletions = 0;
        foreach (var (key, state) in changes)
            rows.Add(state.IsThere(now) ? new(state.Version, 0, key, state) : new(version - deletions++ / DeletionsAtOne, 0, key, default));
        return Numbered(rows);
    }

    /// <summary>Keys that are gone without a write: their time was over.</summary>
    public static List<ChangeRow> OfExpired(IReadOnlyList<ReadOnlyMemory<byte>> keys, long version) =>
        Numbered([.. keys.Select(key => new ChangeRow(version, 0, key, default))]);

    static List<ChangeRow> Numbered(List<ChangeRow> rows)
    {
        rows.Sort((x, y) => x.Version.CompareTo(y.Version));
        for (int index = 0, sequence = 0; index < rows.Count; index++)
        {
            sequence = index > 0 && rows[index - 1].Version == rows[index].Version ? sequence + 1 : 0;
            rows[index] = rows[index] with { Sequence = index == rows.Count - 1 ? Last : sequence };
        }
        return rows;
    }
}
