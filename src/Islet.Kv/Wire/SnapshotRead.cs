namespace Islet.Kv.Wire;

/// <summary>Entries from <paramref name="Start"/> (with it) to <paramref name="End"/> (without it), at most <paramref name="Limit"/> of them.</summary>
public readonly record struct ReadRange(ReadOnlyMemory<byte> Start, ReadOnlyMemory<byte> End, int Limit, bool Reverse)
{
    internal static ReadRange Decode(ReadOnlyMemory<byte> message)
    {
        ReadOnlyMemory<byte> start = default, end = default;
        var (limit, reverse) = (0, false);
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    start = reader.Bytes();
                    break;
                case 2:
                    end = reader.Bytes();
                    break;
                case 3:
                    limit = (int)reader.Number();
                    break;
                case 4:
                    reverse = reader.Number() != 0;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        return new(start, end, limit, reverse);
    }
}

/// <summary>The message SnapshotRead: all ranges are read from one state of the database.</summary>
static class SnapshotRead
{
    /// <exception cref="KvException">No such message, or beyond a limit.</exception>
    public static ReadRange[] Decode(ReadOnlyMemory<byte> message)
    {
        var count = ProtoReader.Count(message, 1);
        if (count > KvLimits.Ranges)
            throw new KvException("Too many read ranges requested in one read request.");
        var ranges = new ReadRange[count];
        var next = 0;
        var reader = new ProtoReader(message);
        while (reader.Next())
            if (reader.Field == 1)
                ranges[next++] = ReadRange.Decode(reader.Bytes());
            else
                reader.Skip();
        KvLimits.Check(ranges);
        return ranges;
    }
}
