using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>
/// A line that came through a pipe, on its way to the log. Members change under the lock of <see cref="WaitingLines"/>.
/// </summary>
/// <param name="stream">Where it came from; null: the platform says it.</param>
/// <param name="time">When it came.</param>
internal sealed class WaitingLine(OutputStream? stream, LogSeverity severity, string text, DateTimeOffset time)
{
    public OutputStream? Stream => stream;

    /// <summary>Guessed from the stream until a record says it.</summary>
    public LogSeverity Severity { get; private set; } = severity;

    public string Text { get; private set; } = text;

    /// <summary>Of the text it came with.</summary>
    public int Hash { get; } = text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Characters that it brought.</summary>
    public int Size { get; } = text.Length;

    public DateTimeOffset Time => time;

    public string? Trace { get; private set; }

    public string? Span { get; private set; }

    /// <summary>Nothing more will be known about it: it waits for the lines before it only.</summary>
    public bool Settled { get; private set; } = stream is null;

    /// <summary>It became a part of an earlier line.</summary>
    public bool Joined { get; private set; }

    /// <summary>Timestamp after which it goes as it is.</summary>
    public long Deadline { get; set; }

    public void Settle(in ConsoleRecord record) =>
        (Severity, Trace, Span, Settled) = (record.Severity, record.Trace, record.Span, true);

    /// <summary>The lines after it that were printed with it, as one text.</summary>
    public void Join(string whole, IEnumerable<WaitingLine> parts)
    {
        Text = whole;
        foreach (var part in parts)
            (part.Joined, part.Settled, part.Text) = (true, true, "");
    }
}

internal enum OutputStream : byte
{
    Out,
    Error,
}
