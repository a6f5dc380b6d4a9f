using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Islet.Kv.Keys;

/// <summary>Writes the parts of a key.</summary>
sealed class KeyOutput
{
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly ArrayBufferWriter<byte> output = new();

    public byte[] ToArray() => output.WrittenSpan.ToArray();

    public void Flag(bool value) => Byte(value ? KvKey.TrueTag : KvKey.FalseTag);

    public void Text(string text)
    {
        try
        {
            Escaped(KvKey.TextTag, Utf8.GetBytes(text));
        }
        catch (EncoderFallbackException)
        {
            throw new KvException("A string of a key is not Unicode.");
        }
    }

    public void Escaped(byte tag, ReadOnlySpan<byte> bytes)
    {
        Byte(tag);
        for (var zero = bytes.IndexOf((byte)0); zero >= 0; zero = bytes.IndexOf((byte)0))
        {
            output.Write(bytes[..(zero + 1)]);
            Byte(KvKey.Escape);
            bytes = bytes[(zero + 1)..];
        }
        output.Write(bytes);
        Byte(0);
    }

    public void BigInt(BigInteger value)
    {
        var digits = BigInteger.Abs(value).ToByteArray(isUnsigned: true, isBigEndian: true).AsSpan();
        if (value.IsZero)
            digits = [];
        if (digits.Length > KvKey.LongestBigInt)
            throw new KvException("A bigint of a key needs more than 255 bytes.");
        var negative = value.Sign < 0;
        if (digits.Length <= KvKey.ShortBigInt)
        {
            Byte((byte)(KvKey.ZeroTag + value.Sign * digits.Length));
        }
        else
        {
            Byte(negative ? KvKey.NegativeTag : KvKey.PositiveTag);
            Byte((byte)(negative ? ~digits.Length : digits.Length));
        }
        foreach (var digit in digits)
            Byte(negative ? (byte)~digit : digit);
    }

    public void Number(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(double.IsNaN(value) ? KvKey.CanonicalNaN(double.IsNegative(value)) : value);
        Byte(KvKey.NumberTag);
        BinaryPrimitives.WriteUInt64BigEndian(output.GetSpan(sizeof(ulong)), (bits >> 63) != 0 ? ~bits : bits ^ (1UL << 63));
        output.Advance(sizeof(ulong));
    }

    void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
