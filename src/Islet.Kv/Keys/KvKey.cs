namespace Islet.Kv.Keys;

/// <summary>
/// A key as an array of parts and as bytes, whose order is that of the parts.
/// <code>
///   01 …  00   Uint8Array, 00 in it is 00 FF        14−n … 14+n   bigint of n bytes, big end first; below zero: complement
///   02 …  00   string, UTF-8, likewise              0B l, 1D l    the same of more than 8 bytes; l below zero: complement
///   26 27      false, true                          21            number: IEEE 754, big end first, sign flipped; below zero: complement
/// </code>
/// </summary>
public static class KvKey
{
    internal const byte BytesTag = 0x01, TextTag = 0x02, NegativeTag = 0x0B, ZeroTag = 0x14, PositiveTag = 0x1D, NumberTag = 0x21, FalseTag = 0x26, TrueTag = 0x27;
    internal const byte Escape = 0xFF;
    internal const int ShortBigInt = 8, LongestBigInt = 255;

    /// <exception cref="KvException">A bigint of more than 255 bytes, a string that is no Unicode.</exception>
    public static byte[] Encode(IReadOnlyList<KvKeyPart> parts)
    {
        var output = new KeyOutput();
        foreach (var part in parts)
            switch (part)
            {
                case KvKeyPart.Bytes bytes:
                    output.Escaped(BytesTag, bytes.Value.Span);
                    break;
                case KvKeyPart.Text text:
                    output.Text(text.Value);
                    break;
                case KvKeyPart.BigInt integer:
                    output.BigInt(integer.Value);
                    break;
                case KvKeyPart.Number number:
                    output.Number(number.Value);
                    break;
                case KvKeyPart.Flag flag:
                    output.Flag(flag.Value);
                    break;
            }
        return output.ToArray();
    }

    /// <summary>The parts, when these bytes are exactly what <see cref="Encode"/> makes of them; else null. No bytes are no parts.</summary>
    public static IReadOnlyList<KvKeyPart>? Decode(ReadOnlySpan<byte> key)
    {
        var input = new KeyInput(key);
        var parts = new List<KvKeyPart>();
        while (!input.IsEmpty)
        {
            if (input.Part() is not { } part)
                return null;
            parts.Add(part);
        }
        return parts;
    }

    /// <summary>The key with the commit's versionstamp as one more string part: 20 lower case hex digits.</summary>
    public static byte[] WithVersionstamp(ReadOnlySpan<byte> key, ReadOnlySpan<byte> versionstamp)
    {
        var suffixed = new byte[key.Length + 2 + versionstamp.Length * 2];
        key.CopyTo(suffixed);
        suffixed[key.Length] = TextTag;
        Convert.TryToHexStringLower(versionstamp, suffixed.AsSpan(key.Length + 1), out _);
        return suffixed;
    }

    internal static double CanonicalNaN(bool negative) => BitConverter.UInt64BitsToDouble(negative ? 0xFFF8_0000_0000_0000 : 0x7FF8_0000_0000_0000);
}
