using System.Text;
using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>Finds the lines that a record is about.</summary>
internal static class MatchLines
{
    /// <summary>A program that prints the beginning of a text again and again must not make its search expensive.</summary>
    const int MostTries = 8;

    /// <summary>Lines of one stream in a row, the first that fit. Null: none.</summary>
    public static List<WaitingLine>? Find(Queue<WaitingLine> lines, LogSeverity severity, IReadOnlyList<string> parts)
    {
        // console.warn, error and assert print to stderr, the others to stdout; console.trace is a debug record on stderr.
        var likely = severity <= LogSeverity.Warning ? OutputStream.Error : OutputStream.Out;
        return FindIn(lines, likely, parts) ?? FindIn(lines, likely == OutputStream.Out ? OutputStream.Error : OutputStream.Out, parts);
    }

    /// <summary>
    /// Makes one message of lines that were printed by one call, as Deno Deploy shows them. What is longer than a
    /// message may be becomes several: nothing is cut off.
    /// </summary>
    public static void Join(List<WaitingLine> lines)
    {
        for (var start = 0; start < lines.Count;)
        {
            var (end, bytes) = (start + 1, Encoding.UTF8.GetByteCount(lines[start].Text));
            while (end < lines.Count && bytes + 1 + Encoding.UTF8.GetByteCount(lines[end].Text) is var more and <= LineCutter.Kept)
                (end, bytes) = (end + 1, more);
            if (end > start + 1)
                lines[start].Join(string.Join('\n', lines[start..end].Select(line => line.Text)), lines[(start + 1)..end]);
            start = end;
        }
    }

    static List<WaitingLine>? FindIn(Queue<WaitingLine> lines, OutputStream stream, IReadOnlyList<string> parts)
    {
        var (skip, tries) = (0, 0);
        var hash = parts[0].GetHashCode(StringComparison.Ordinal); // a program may print long lines that differ at their ends
        foreach (var line in lines)
        {
            if (line.Hash == hash && Fits(line, stream, parts[0]))
            {
                if (parts.Count == 1)
                    return [line];
                if (Follow(lines, skip, stream, parts) is { } found)
                    return found;
                if (++tries == MostTries)
                    return null;
            }
            skip++;
        }
        return null;
    }

    static List<WaitingLine>? Follow(Queue<WaitingLine> lines, int skip, OutputStream stream, IReadOnlyList<string> parts)
    {
        var found = new List<WaitingLine>(parts.Count);
        foreach (var line in lines)
        {
            if (skip-- > 0 || line.Stream != stream)
                continue;
            if (!Fits(line, stream, parts[found.Count]))
                return null;
            found.Add(line);
            if (found.Count == parts.Count)
                return found;
        }
        return null;
    }

    static bool Fits(WaitingLine line, OutputStream stream, string part) =>
        line.Stream == stream && !line.Settled && string.Equals(line.Text, part, StringComparison.Ordinal);
}
