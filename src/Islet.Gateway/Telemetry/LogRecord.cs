using System.Buffers;
using System.Text.Json;
using Islet.Contracts;

namespace Islet.Gateway.Telemetry;

/// <summary>One LogRecord (opentelemetry/proto/logs/v1): the members that count.</summary>
/// <param name="HasTime">Deno gives no time to the event that it adds to each uncaught error.</param>
/// <param name="Text">Null: the body is no string.</param>
readonly record struct LogRecord(int Severity, bool HasTime, string? Text, string? Trace, string? Span)
{
    /// <summary>Bytes of UTF-8 of a text; what is longer is cut at a line. A single line is never longer in the pipes.</summary>
    const int MostBytes = (64 << 10) - 1;

    static readonly SearchValues<char> NotZero = SearchValues.Create("123456789abcdef");

    /// <summary>From the record's <c>{</c> to its <c>}</c>.</summary>
    public static LogRecord Read(ref Utf8JsonReader reader)
    {
        var record = new LogRecord(0, true, null, null, null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("severityNumber"u8))
                record = record with { Severity = Next(ref reader, JsonTokenType.Number) && reader.TryGetInt32(out var number) ? number : 0 };
            else if (reader.ValueTextEquals("timeUnixNano"u8))
                record = record with { HasTime = !(Next(ref reader, JsonTokenType.String) && reader.ValueTextEquals("0"u8)) };
            else if (reader.ValueTextEquals("traceId"u8))
                record = record with { Trace = Next(ref reader, JsonTokenType.String) ? Id(reader.GetString()!, 32) : null };
            else if (reader.ValueTextEquals("spanId"u8))
                record = record with { Span = Next(ref reader, JsonTokenType.String) ? Id(reader.GetString()!, 16) : null };
            else if (reader.ValueTextEquals("body"u8))
                record = record with { Text = Next(ref reader, JsonTokenType.StartObject) ? Body(ref reader) : null };
            else
                reader.Read();
            reader.Skip(); // what the value still has
        }
        return record;
    }

    /// <summary>Null for what is no line of the program.</summary>
    public ConsoleRecord? ToConsole()
    {
        if (Text is null || IsDenosOwn(Text))
            return null;
        var level = Severity switch
        {
            <= 0 => LogSeverity.Info,
            <= 8 => LogSeverity.Debug,
            <= 12 => LogSeverity.Info,
            <= 16 => LogSeverity.Warning,
            _ => LogSeverity.Error,
        };
        return new ConsoleRecord(level, Text.EndsWith('\n') ? Text[..^1] : Text, Trace, Span);
    }

    // The second record of an uncaught error, the line break that console.trace sends as one of its own, and what Deno
    // says about the socket of its server.
    bool IsDenosOwn(string text) =>
        (Severity == 1 && (!HasTime || text is "\n"))
        || (text.StartsWith("Listening on ", StringComparison.Ordinal) && text.Contains("/run/islet/a.sock", StringComparison.Ordinal));

    static bool Next(ref Utf8JsonReader reader, JsonTokenType wanted) => reader.Read() && reader.TokenType == wanted;

    // AnyValue: { "stringValue": "…" }; ends at its '}'.
    static string? Body(ref Utf8JsonReader reader)
    {
        string? text = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var wanted = reader.ValueTextEquals("stringValue"u8);
            if (Next(ref reader, JsonTokenType.String) && wanted)
                text = Cut(reader.GetString()!);
            reader.Skip();
        }
        return text;
    }

    static string Cut(string text)
    {
        if (text.Length <= MostBytes / 3)
            return text;
        var bytes = 0;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > MostBytes)
                return text.LastIndexOf('\n', at - 1) is var line and > 0 ? text[..line] : text[..at];
            at += rune.Utf16SequenceLength;
        }
        return text;
    }

    // All zeros is none (W3C Trace Context).
    static string? Id(string text, int length)
    {
        if (text.Length != length)
            return null;
        foreach (var character in text)
            if (!char.IsAsciiHexDigit(character))
                return null;
        var id = text.ToLowerInvariant();
        return id.AsSpan().ContainsAny(NotZero) ? id : null;
    }
}
