using System.Text;

namespace Islet.Isolates.Supervision;

/// <summary>
/// Cuts a stream of hostile bytes into lines: only the first <see cref="Kept"/> bytes of each are kept, as valid UTF-8,
/// and a line without an end is ended at <see cref="Longest"/>. Memory is constant.
/// </summary>
/// <param name="mayTake">Asked at the end of each line; false: it is passed over before it becomes a text.</param>
internal sealed class LineCutter(Action<string> onLine, Func<bool>? mayTake = null, int kept = LineCutter.Kept)
{
    /// <summary>Bytes of a line that count; Deno Deploy cuts there too.</summary>
    public const int Kept = 2048;

    /// <summary>Bytes after which a line ends by itself.</summary>
    public const int Longest = 64 << 10;

    readonly byte[] line = new byte[kept];
    int seen;

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var take = Math.Min(end < 0 ? bytes.Length : end, Longest - seen);
            if (seen < line.Length)
            {
                var stored = bytes[..Math.Min(take, line.Length - seen)];
                stored.CopyTo(line.AsSpan(seen));
            }
            seen += take;
            bytes = bytes[take..];
            if (take == end)
            {
                bytes = bytes[1..];
                Emit();
            }
            else if (seen == Longest)
            {
                Emit();
            }
        }
    }

    /// <summary>The stream is over: what is left is a line.</summary>
    public void End()
    {
        if (seen > 0)
            Emit();
    }

    void Emit()
    {
        if (mayTake is not null && !mayTake())
        {
            seen = 0;
            return;
        }
        var bytes = line.AsSpan(0, Math.Min(seen, line.Length));
        if (seen > line.Length)
            bytes = bytes[..WholeCharacters(bytes)];
        else if (bytes is [.., (byte)'\r'])
            bytes = bytes[..^1];
        seen = 0;
        onLine(Encoding.UTF8.GetString(bytes));
    }

    // Leaves out a character that the cut went through (RFC 3629: continuation bytes are 10xxxxxx).
    static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        var start = bytes.Length - 1;
        while (start > 0 && bytes.Length - start < 4 && (bytes[start] & 0xc0) == 0x80)
            start--;
        var need = bytes[start] switch { >= 0xf0 => 4, >= 0xe0 => 3, >= 0xc0 => 2, _ => 1, };
        return start + need > bytes.Length ? start : bytes.Length;
    }
}
