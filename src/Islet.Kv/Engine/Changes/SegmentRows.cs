namespace Islet.Kv.Engine.Changes;

/// <summary>Gathers rows of a log to a segment that ends with a commit.</summary>
sealed class SegmentRows
{
    const int EnoughBytes = 4 << 20;

    /// <summary>A restore to a time is as exact as this, milliseconds.</summary>
    const long EnoughTime = 5_000;

    readonly List<ChangeRow> rows = [];
    long first, at;
    int bytes;

    /// <returns>False: the row belongs to the next segment.</returns>
    public bool Add(long committed, in ChangeRow row)
    {
        if (rows.Count == 0)
            first = committed;
        else if (rows[^1].Sequence == ChangeRow.Last && (bytes >= EnoughBytes || committed - first >= EnoughTime))
            return false;
        rows.Add(row);
        bytes += row.Bytes;
        at = committed;
        return true;
    }

    public ChangeSegment? ToSegment() => rows.Count == 0 ? null : new(rows, at);
}
