using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Islet.Kv.Values;

/// <summary>The small parts of V8's format, written as V8 writes them. Begins with the version.</summary>
sealed class V8Output
{
    /// <summary>Not the newest: what is written here differs in nothing, and clients on an older V8 read it too.</summary>
    public const byte Version = 15;

    readonly ArrayBufferWriter<byte> bytes = new();

    public V8Output() => bytes.Write([V8Tag.Version, Version]);

    public int Length => bytes.WrittenCount;

    public byte[] ToArray() => bytes.WrittenSpan.ToArray();

    public void Tag(byte tag) => bytes.Write([tag]);

    public void Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7)
            Tag((byte)(value | 0x80));
        Tag((byte)value);
    }

    /// <summary>An int32 when it is one, else a double.</summary>
    public void Number(double value)
    {
        var integer = (int)value;
        if (integer == value && (integer != 0 || !double.IsNegative(value)))
        {
            Tag(V8Tag.Int32);
            Varint((uint)((integer << 1) ^ (integer >> 31)));
            return;
        }
        Tag(V8Tag.Double);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.GetSpan(sizeof(double)), value);
        bytes.Advance(sizeof(double));
    }

    /// <summary>Whole digits of 64 bits.</summary>
    public void BigInt(BigInteger value)
    {
        Tag(V8Tag.BigInt);
        var magnitude = BigInteger.Abs(value);
        var length = value.IsZero ? 0 : (magnitude.GetByteCount(isUnsigned: true) + 7) / 8 * 8;
        Varint((uint)(length << 1) | (value.Sign < 0 ? 1u : 0));
        var digits = bytes.GetSpan(Math.Max(length, 1))[..length];
        digits.Clear();
        if (length > 0)
            magnitude.TryWriteBytes(digits, out _, isUnsigned: true);
        bytes.Advance(length);
    }

    /// <summary>One byte a character when that suffices, else two, at an even place.</summary>
    public void Text(string text)
    {
        if (text.AsSpan().ContainsAnyExceptInRange('\0', '\xFF'))
        {
            var size = (uint)text.Length * sizeof(char);
            if (((Length + 1 + SizeOf(size)) & 1) != 0)
                Tag(V8Tag.Padding);
            Tag(V8Tag.TwoByte);
            Varint(size);
            foreach (var unit in text)
                bytes.Write([(byte)unit, (byte)(unit >> 8)]);
            return;
        }
        Tag(V8Tag.OneByte);
        Varint((uint)text.Length);
        var target = bytes.GetSpan(Math.Max(text.Length, 1));
        for (var i = 0; i < text.Length; i++)
            target[i] = (byte)text[i];
        bytes.Advance(text.Length);
    }

    static int SizeOf(uint varint)
    {
        var size = 1;
        for (; varint >= 0x80; varint >>= 7)
            size++;
        return size;
    }
}
