using System.Buffers.Binary;

namespace Islet.Kv.Queues;

/// <summary>Lists of a message in one column each: numbers of four bytes, keys behind a length of four bytes.</summary>
static class QueueRow
{
    static readonly uint[] DefaultBackoff = [100, 1_000, 5_000, 30_000, 60_000];

    /// <summary>A message without a schedule has the default one: the wire cannot tell an empty one from none.</summary>
    public static byte[] OfBackoff(uint[] backoff)
    {
        var schedule = backoff.Length == 0 ? DefaultBackoff : backoff;
        var row = new byte[schedule.Length * sizeof(uint)];
        for (var index = 0; index < schedule.Length; index++)
            BinaryPrimitives.WriteUInt32LittleEndian(row.AsSpan(index * sizeof(uint)), schedule[index]);
        return row;
    }

    public static byte[] OfKeys(ReadOnlyMemory<byte>[] keys)
    {
        var row = new byte[keys.Sum(key => sizeof(int) + key.Length)];
        var rest = row.AsSpan();
        foreach (var key in keys)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, key.Length);
            key.Span.CopyTo(rest[sizeof(int)..]);
            rest = rest[(sizeof(int) + key.Length)..];
        }
        return row;
    }

    public static uint[] Backoff(ReadOnlySpan<byte> row)
    {
        var backoff = new uint[row.Length / sizeof(uint)];
        for (var index = 0; index < backoff.Length; index++)
            backoff[index] = BinaryPrimitives.ReadUInt32LittleEndian(row[(index * sizeof(uint))..]);
        return backoff;
    }

    public static List<ReadOnlyMemory<byte>> Keys(ReadOnlySpan<byte> row)
    {
        var keys = new List<ReadOnlyMemory<byte>>();
        while (!row.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(row);
            keys.Add(row.Slice(sizeof(int), length).ToArray());
            row = row[(sizeof(int) + length)..];
        }
        return keys;
    }
}
