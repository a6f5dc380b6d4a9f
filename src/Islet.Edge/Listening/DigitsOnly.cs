using System.Text;

namespace Islet.Edge.Listening;

/// <summary>
/// Latin-1 for the Content-Length field: Kestrel would take a sign or blanks in it (RFC 9110 section 8.6 allows digits
/// only). What has any becomes a text that is no number, so that Kestrel refuses the request.
/// </summary>
sealed class DigitsOnly : Encoding
{
    public static readonly DigitsOnly Instance = new();

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        var count = Latin1.GetChars(bytes, chars);
        if (bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            chars[..count].Fill('?');
        return count;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;
}
