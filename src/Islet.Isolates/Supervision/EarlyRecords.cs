using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>
/// Records that came before their lines, or that have none: kept for a second, few and small. Used under the lock of
/// <see cref="WaitingLines"/>.
/// </summary>
internal sealed class EarlyRecords(TimeProvider time)
{
    const int MostRecords = 64;
    const int MostCharacters = 64 << 10;
    static readonly TimeSpan Kept = TimeSpan.FromSeconds(1);

    readonly List<Early> records = [];
    int characters;

    public delegate bool Matching(in ConsoleRecord record, IReadOnlyList<string> parts);

    public void Keep(in ConsoleRecord record, IReadOnlyList<string> parts)
    {
        records.Add(new Early(record, parts, time.GetTimestamp()));
        characters += record.Text.Length;
        while (records.Count > MostRecords || characters > MostCharacters)
            RemoveAt(0);
    }

    /// <summary>The line has just been added: perhaps it is the last that a record waited for.</summary>
    public bool TakeFor(string line, Matching match)
    {
        while (records.Count > 0 && time.GetElapsedTime(records[0].Came) > Kept)
            RemoveAt(0);
        for (var i = 0; i < records.Count; i++)
        {
            if (string.Equals(records[i].Parts[^1], line, StringComparison.Ordinal) && match(records[i].Record, records[i].Parts))
            {
                RemoveAt(i);
                return true;
            }
        }
        return false;
    }

    void RemoveAt(int index)
    {
        characters -= records[index].Record.Text.Length;
        records.RemoveAt(index);
    }

    readonly record struct Early(ConsoleRecord Record, IReadOnlyList<string> Parts, long Came);
}
