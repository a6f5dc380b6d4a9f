using System.Text;

namespace Islet.ControlPlane.Logs;

/// <summary>Bounds text by its size in UTF-8, the form in which it is stored and sent.</summary>
static class BoundedText
{
    /// <summary>
    /// The longest beginning of <paramref name="text"/> of at most <paramref name="maxBytes"/> bytes that splits no
    /// character. Looks at no more than that beginning, however long the text is.
    /// </summary>
    public static string Cut(string? text, int maxBytes)
    {
        if (text is null)
            return "";
        if (text.Length <= maxBytes / 3) // a UTF-16 unit is at most three bytes
            return text;

        var bytes = 0;
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var units); // a lone surrogate counts as U+FFFD
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
                return text[..at];
            at += units;
        }

        return text;
    }
}
