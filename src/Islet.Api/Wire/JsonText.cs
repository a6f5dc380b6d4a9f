using System.Globalization;
using System.Text;

namespace Islet.Api.Wire;

/// <summary>
/// Bytes of a JSON string whose syntax the parser has checked, without their escapes, a piece at a time. What the parser
/// does not check is that surrogates come in pairs.
/// </summary>
ref struct JsonText(ReadOnlySpan<byte> raw, bool escaped)
{
    const int LongestRune = 4;

    ReadOnlySpan<byte> rest = raw;

    /// <summary>A surrogate stands alone.</summary>
    public bool Broken { get; private set; }

    public readonly bool AtEnd => rest.IsEmpty;

    /// <summary>Fills as much as it can. The target has at least <see cref="LongestRune"/> bytes.</summary>
    public int Read(Span<byte> target)
    {
        var written = 0;
        while (!rest.IsEmpty && target.Length - written >= LongestRune)
        {
            var plain = escaped ? rest[..Math.Min(rest.Length, target.Length)].IndexOf((byte)'\\') : -1;
            if (plain == 0)
            {
                written += Escape(target[written..]);
                if (Broken)
                    return 0;
                continue;
            }
            var run = rest[..Math.Min(plain < 0 ? rest.Length : plain, target.Length - written)];
            run.CopyTo(target[written..]);
            written += run.Length;
            rest = rest[run.Length..];
        }
        return written;
    }

    int Escape(Span<byte> target)
    {
        var kind = rest[1];
        if (kind != 'u')
        {
            rest = rest[2..];
            target[0] = kind switch
            {
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                _ => kind,
            };
            return 1;
        }
        var first = Unit();
        if (!char.IsSurrogate(first))
            return new Rune(first).EncodeToUtf8(target);
        if (char.IsHighSurrogate(first) && rest.StartsWith("\\u"u8) && Rune.TryCreate(first, Unit(), out var rune))
            return rune.EncodeToUtf8(target);
        Broken = true;
        return 0;
    }

    char Unit()
    {
        var unit = ushort.Parse(rest.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        rest = rest[6..];
        return (char)unit;
    }
}
