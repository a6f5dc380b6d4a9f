using System.Buffers;
using System.Text;

namespace Islet.Isolates.Supervision;

/// <summary>Cuts the text of a record into the lines as which it came through the pipe. Not for several threads.</summary>
internal sealed class RecordText
{
    readonly LineCutter cutter;
    List<string> lines = [];

    public RecordText() => cutter = new LineCutter(line => lines.Add(line));

    /// <summary>At least one line; null: more lines than <paramref name="most"/>.</summary>
    public IReadOnlyList<string>? TrySplit(string text, int most)
    {
        if (text.AsSpan().Count('\n') >= most)
            return null;
        if (text.Length < LineCutter.Kept / 3 && !text.AsSpan().ContainsAny('\n', '\r'))
            return [text]; // the ordinary case: nothing would be cut

        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length) + 1);
        lines = [];
        var count = Encoding.UTF8.GetBytes(text, bytes);
        bytes[count++] = (byte)'\n';
        cutter.Feed(bytes.AsSpan(0, count));
        ArrayPool<byte>.Shared.Return(bytes);
        return lines;
    }
}
