using System.Buffers;
using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Kv.Connect;

/// <summary>The message SnapshotReadOutput, encoded while rows are read: the only copy of a value on its way to the socket's buffer.</summary>
sealed class ReadAnswer : IEntrySink, IDisposable
{
    const int Success = 1;

    readonly List<int> begins = [];
    readonly RentedBuffer encoded = new();

    public int Ranges => begins.Count;

    /// <summary>Of the encoded entries, bytes.</summary>
    public int Length => encoded.Length;

    public void BeginRange() => begins.Add(encoded.Length);

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt)
    {
        ProtoWriter.Begin(encoded, 1, EntryEncoding.SizeOf(key, value, encoding));
        EntryEncoding.Write(encoded, key, value, encoding, version);
    }

    /// <summary>Of the whole message.</summary>
    public long Size()
    {
        long size = ProtoWriter.SizeOfNumber(1) + ProtoWriter.SizeOfNumber(Success);
        for (var index = 0; index < begins.Count; index++)
            size += ProtoWriter.SizeOfBytes(EndOf(index) - begins[index]);
        return size;
    }

    public void WriteTo(IBufferWriter<byte> output)
    {
        for (var index = 0; index < begins.Count; index++)
            ProtoWriter.Bytes(output, 1, encoded[begins[index]..EndOf(index)]);
        ProtoWriter.Number(output, 4, 1); // read_is_strongly_consistent
        ProtoWriter.Number(output, 8, Success); // status
    }

    public void Dispose() => encoded.Dispose();

    int EndOf(int range) => range + 1 < begins.Count ? begins[range + 1] : encoded.Length;
}
