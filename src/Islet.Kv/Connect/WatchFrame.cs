using System.Buffers;
using System.Buffers.Binary;
using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Kv.Connect;

/// <summary>
/// A frame of a watch stream: its length in four bytes, little end first, and the message WatchOutput with all keys. One read
/// fills it; each key is a range of one entry or none.
/// </summary>
sealed class WatchFrame : IEntrySink, IDisposable
{
    const int Success = 1;

    readonly List<(int Begin, long Version)> keys = [];
    readonly RentedBuffer encoded = new();

    public int Keys => keys.Count;

    /// <summary>Of the encoded entries, bytes.</summary>
    public int Length => encoded.Length;

    public void BeginRange() => keys.Add((encoded.Length, 0));

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt)
    {
        keys[^1] = (encoded.Length, version);
        EntryEncoding.Write(encoded, key, value, encoding, version);
    }

    /// <summary>Whether a key has another version than was seen; what is there now is seen then. 0 is none.</summary>
    public bool Changes(long[] seen)
    {
        var changed = false;
        for (var index = 0; index < seen.Length; index++)
        {
            changed |= keys[index].Version != seen[index];
            seen[index] = keys[index].Version;
        }
        return changed;
    }

    public void WriteTo(IBufferWriter<byte> output)
    {
        var size = ProtoWriter.SizeOfNumber(Success);
        for (var index = 0; index < keys.Count; index++)
            size += ProtoWriter.SizeOfBytes(SizeOf(index));
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), (uint)size);
        output.Advance(sizeof(uint));
        ProtoWriter.Number(output, 1, Success);
        for (var index = 0; index < keys.Count; index++)
        {
            ProtoWriter.Begin(output, 2, SizeOf(index));
            ProtoWriter.Number(output, 1, 1); // changed; the client drops what it knows
            if (keys[index].Version != 0)
                ProtoWriter.Bytes(output, 2, encoded[keys[index].Begin..EndOf(index)]);
        }
    }

    public void Dispose() => encoded.Dispose();

    int SizeOf(int key) =>
        ProtoWriter.SizeOfNumber(1) + (keys[key].Version != 0 ? ProtoWriter.SizeOfBytes(EndOf(key) - keys[key].Begin) : 0);

    int EndOf(int key) => key + 1 < keys.Count ? keys[key + 1].Begin : encoded.Length;
}
