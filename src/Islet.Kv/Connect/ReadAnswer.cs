using System.Buffers;
using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Kv.Connect;

/// <summary>The message SnapshotReadOutput, encoded while rows are read: the only copy of a value on its way to the socket's buffer.</summary>
sealed class ReadAnswer : IEntrySink, IBufferWriter<byte>, IDisposable
{
    const int FirstBytes = 4096;
    const int Success = 1;

    readonly List<int> begins = [];
    byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    int length;

    public int Ranges => begins.Count;

    /// <summary>Of the encoded entries, bytes.</summary>
    public int Length => length;

    public void BeginRange() => begins.Add(length);

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt)
    {
        ProtoWriter.Begin(this, 1, EntryEncoding.SizeOf(key, value, encoding));
        EntryEncoding.Write(this, key, value, encoding, version);
    }

    /// <summary>Of the whole message.</summary>
    public long Size()
    {
        long size = ProtoWriter.SizeOfNumber(1) + ProtoWriter.SizeOfNumber(Success);
        for (var index = 0; index < begins.Count; index++)
            size += ProtoWriter.SizeOfBytes(LengthOf(index));
        return size;
    }

    public void WriteTo(IBufferWriter<byte> output)
    {
        for (var index = 0; index < begins.Count; index++)
            ProtoWriter.Bytes(output, 1, buffer.AsSpan(begins[index], LengthOf(index)));
        ProtoWriter.Number(output, 4, 1); // read_is_strongly_consistent
        ProtoWriter.Number(output, 8, Success); // status
    }

    public void Advance(int count) => length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return buffer.AsMemory(length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return buffer.AsSpan(length);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    int LengthOf(int range) => (range + 1 < begins.Count ? begins[range + 1] : length) - begins[range];

    void Grow(int more)
    {
        if (buffer.Length - length >= Math.Max(more, 1))
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, length + more));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
