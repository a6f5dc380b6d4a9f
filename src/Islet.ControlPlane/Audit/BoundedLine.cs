namespace Islet.ControlPlane.Audit;

/// <summary>Text of others as part of a record: one line, of a length we chose.</summary>
static class BoundedLine
{
    public static string Cut(string text, int length)
    {
        if (text.Length > length)
            text = text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
        return text.Any(char.IsControl) ? string.Concat(text.Select(static character => char.IsControl(character) ? ' ' : character)) : text;
    }
}
