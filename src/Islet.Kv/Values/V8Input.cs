using System.Buffers.Binary;
using System.Numerics;

namespace Islet.Kv.Values;

/// <summary>The small parts of V8's format, read from bytes of a tenant: a length is believed only when that much is there.</summary>
ref struct V8Input
{
    const uint Newest = 16;

    readonly ReadOnlySpan<byte> bytes;
    int position;

    /// <exception cref="V8FormatException">The version is newer than 16.</exception>
    public V8Input(ReadOnlySpan<byte> bytes)
    {
        this.bytes = bytes;
        if (bytes is not [V8Tag.Version, ..])
            return;
        position = 1;
        Version = Varint();
        if (Version > Newest)
            throw new V8FormatException($"version {Version} is newer than {Newest}");
    }

    /// <summary>0: the bytes say none.</summary>
    public uint Version { get; }

    public readonly int Position => position;

    public readonly int Left => bytes.Length - position;

    public byte Tag()
    {
        byte tag;
        do
            tag = Byte();
        while (tag == V8Tag.Padding);
        return tag;
    }

    /// <summary>The next tag, which stays; padding is passed. Null at the end.</summary>
    public byte? Peek()
    {
        while (position < bytes.Length && bytes[position] == V8Tag.Padding)
            position++;
        return position < bytes.Length ? bytes[position] : null;
    }

    /// <summary>At most five bytes; bits beyond 32 are dropped, as V8 does.</summary>
    public uint Varint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Byte();
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
                break;
        }
        return value;
    }

    public int ZigZag()
    {
        var value = Varint();
        return (int)(value >> 1) ^ -(int)(value & 1);
    }

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Raw(8));

    /// <summary>A bit for the sign, thirty for the count of bytes, then these, little end first.</summary>
    public BigInteger BigInt()
    {
        var bits = Varint();
        var value = new BigInteger(Raw((bits >> 1) & 0x3FFF_FFFF), isUnsigned: true);
        return (bits & 1) == 0 ? value : -value;
    }

    public ReadOnlySpan<byte> Raw(uint length)
    {
        if (length > (uint)Left)
            throw new V8FormatException($"{length} bytes are announced at {position}, {Left} are there");
        var raw = bytes.Slice(position, (int)length);
        position += (int)length;
        return raw;
    }

    byte Byte() => position < bytes.Length ? bytes[position++] : throw new V8FormatException("the value ends early");
}
