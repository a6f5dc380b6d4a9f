using System.Text.Json;
using Islet.Contracts;

namespace Islet.Gateway.Telemetry;

/// <summary>
/// Reads an ExportLogsServiceRequest (opentelemetry/proto/collector/logs/v1) in its JSON form: objects in objects down to
/// the records. Of a record only level, text and ids are taken; times, attributes and resources are claims that nobody
/// needs. What is unknown is skipped.
/// </summary>
static class LogRecords
{
    const int MaxDepth = 32;

    /// <summary>Null: more records than <paramref name="most"/>.</summary>
    /// <exception cref="JsonException">Not JSON, or not such a request.</exception>
    /// <exception cref="InvalidOperationException">Text that is not Unicode.</exception>
    public static List<ConsoleRecord>? Parse(ReadOnlySpan<byte> json, int most)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        var records = new List<ConsoleRecord>();
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        if (!ReadGroups(ref reader, 0, records, most))
            return null;
        Expect(!reader.Read()); // throws for what follows
        return records;
    }

    // { "resourceLogs": [ { "scopeLogs": [ { "logRecords": [ … ] } ] } ] }
    static bool ReadGroups(ref Utf8JsonReader reader, int level, List<ConsoleRecord> records, int most)
    {
        var member = level switch { 0 => "resourceLogs"u8, 1 => "scopeLogs"u8, _ => "logRecords"u8, };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var wanted = reader.ValueTextEquals(member);
            reader.Read();
            if (!wanted)
            {
                reader.Skip();
                continue;
            }
            Expect(reader.TokenType == JsonTokenType.StartArray);
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                if (level < 2)
                {
                    if (!ReadGroups(ref reader, level + 1, records, most))
                        return false;
                }
                else if (LogRecord.Read(ref reader).ToConsole() is { } record)
                {
                    if (records.Count == most)
                        return false;
                    records.Add(record);
                }
            }
            Expect(reader.TokenType == JsonTokenType.EndArray);
        }
        return true;
    }

    internal static void Expect(bool held)
    {
        if (!held)
            throw new JsonException();
    }
}
