using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Islet.Kv.Keys;

/// <summary>Reads the parts of a key; null for what <see cref="KeyOutput"/> would not write.</summary>
ref struct KeyInput(ReadOnlySpan<byte> key)
{
    ReadOnlySpan<byte> key = key;

    public readonly bool IsEmpty => key.IsEmpty;

    public KvKeyPart? Part()
    {
        var tag = key[0];
        key = key[1..];
        switch (tag)
        {
            case KvKey.BytesTag:
                return Escaped() is { } bytes ? new KvKeyPart.Bytes(bytes) : null;
            case KvKey.TextTag:
                return Text();
            case >= KvKey.NegativeTag and <= KvKey.PositiveTag:
                return BigInt(tag);
            case KvKey.NumberTag:
                return Number();
            case KvKey.FalseTag or KvKey.TrueTag:
                return new KvKeyPart.Flag(tag == KvKey.TrueTag);
            default:
                return null;
        }
    }

    KvKeyPart.Text? Text()
    {
        try
        {
            return Escaped() is { } utf8 ? new(KeyOutput.Utf8.GetString(utf8)) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    byte[]? Escaped()
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (var zero = key.IndexOf((byte)0); zero >= 0; zero = key.IndexOf((byte)0))
        {
            var isEscaped = zero + 1 < key.Length && key[zero + 1] == KvKey.Escape;
            bytes.Write(key[..(isEscaped ? zero + 1 : zero)]);
            key = key[(isEscaped ? zero + 2 : zero + 1)..];
            if (!isEscaped)
                return bytes.WrittenSpan.ToArray();
        }
        return null;
    }

    /// <summary>The shortest form only: another one would be another key of the same bigint.</summary>
    KvKeyPart.BigInt? BigInt(byte tag)
    {
        var negative = tag < KvKey.ZeroTag;
        var length = Math.Abs(tag - KvKey.ZeroTag);
        if (length > KvKey.ShortBigInt)
        {
            if (key.IsEmpty)
                return null;
            length = negative ? (byte)~key[0] : key[0];
            key = key[1..];
            if (length <= KvKey.ShortBigInt)
                return null;
        }
        if (key.Length < length)
            return null;
        Span<byte> digits = stackalloc byte[length];
        key[..length].CopyTo(digits);
        key = key[length..];
        if (negative)
            foreach (ref var digit in digits)
                digit = (byte)~digit;
        if (digits is [0, ..])
            return null;
        var magnitude = new BigInteger(digits, isUnsigned: true, isBigEndian: true);
        return new(negative ? -magnitude : magnitude);
    }

    KvKeyPart.Number? Number()
    {
        if (key.Length < sizeof(ulong))
            return null;
        var bits = BinaryPrimitives.ReadUInt64BigEndian(key);
        key = key[sizeof(ulong)..];
        var value = BitConverter.UInt64BitsToDouble((bits >> 63) != 0 ? bits ^ (1UL << 63) : ~bits);
        var other = double.IsNaN(value) && BitConverter.DoubleToUInt64Bits(value) != BitConverter.DoubleToUInt64Bits(KvKey.CanonicalNaN(double.IsNegative(value)));
        return other ? null : new(value);
    }
}
