using System.Buffers;
using System.Numerics;

namespace Islet.Kv.Wire;

/// <summary>Fields of protobuf messages, written forward. Fields with their default value are left out by the caller.</summary>
static class ProtoWriter
{
    const int VarintType = 0, DelimitedType = 2;
    const int MaxVarint = 10;

    public static void Number(IBufferWriter<byte> output, int field, ulong value)
    {
        var span = output.GetSpan(MaxVarint + 1);
        span[0] = Tag(field, VarintType);
        output.Advance(1 + Varint(span[1..], value));
    }

    public static void Bytes(IBufferWriter<byte> output, int field, ReadOnlySpan<byte> value)
    {
        Begin(output, field, value.Length);
        output.Write(value);
    }

    /// <summary>Tag and length of a nested message, whose bytes follow.</summary>
    public static void Begin(IBufferWriter<byte> output, int field, long length)
    {
        var span = output.GetSpan(MaxVarint + 1);
        span[0] = Tag(field, DelimitedType);
        output.Advance(1 + Varint(span[1..], (ulong)length));
    }

    /// <summary>A number of a packed list.</summary>
    public static void Packed(IBufferWriter<byte> output, ulong value) => output.Advance(Varint(output.GetSpan(MaxVarint), value));

    public static int SizeOfNumber(ulong value) => 1 + SizeOfVarint(value);

    public static int SizeOfBytes(int length) => 1 + SizeOfVarint((ulong)length) + length;

    public static int SizeOfVarint(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    static byte Tag(int field, int type) => (byte)((field << 3) | type); // fields up to 15 only

    static int Varint(Span<byte> span, ulong value)
    {
        var count = 0;
        for (; value >= 0x80; value >>= 7)
            span[count++] = (byte)(value | 0x80);
        span[count++] = (byte)value;
        return count;
    }
}
