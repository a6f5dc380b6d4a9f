using System.Buffers;
using Islet.Kv.Wire;

namespace Islet.Kv.Connect;

/// <summary>The message KvEntry.</summary>
static class EntryEncoding
{
    public static int SizeOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding) =>
        ProtoWriter.SizeOfBytes(key.Length) + ProtoWriter.SizeOfBytes(value.Length) + ProtoWriter.SizeOfNumber((ulong)encoding)
        + ProtoWriter.SizeOfBytes(Versionstamp.Length);

    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version)
    {
        ProtoWriter.Bytes(output, 1, key);
        ProtoWriter.Bytes(output, 2, value);
        ProtoWriter.Number(output, 3, (ulong)encoding);
        Span<byte> stamp = stackalloc byte[Versionstamp.Length];
        Versionstamp.Write(stamp, version);
        ProtoWriter.Bytes(output, 4, stamp);
    }
}
