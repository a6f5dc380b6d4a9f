using System.Buffers;
using System.Text.Json;
using Islet.Contracts;

namespace Islet.Gateway.Crons;

enum CronMessageKind
{
    Register,
    Result,
    NoMoreTaken,
}

/// <param name="Registered">Of <see cref="CronMessageKind.Register"/>.</param>
/// <param name="Name">Of <see cref="CronMessageKind.Result"/>, as is <paramref name="Success"/>.</param>
readonly record struct CronMessage(CronMessageKind Kind, IReadOnlyList<CronRegistration> Registered, string Name, bool Success);

/// <summary>Lines of <see cref="CronConversation"/>.</summary>
static class CronMessages
{
    /// <summary>More than may be registered with; what is too many is told by name where it is checked.</summary>
    const int MostBackoffs = 64;

    static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 8 };

    public static ReadOnlyMemory<byte> TakeNoMore { get; } = "{\"kind\":\"reject-new-crons\",\"reason\":\"No crons after serve\"}\n"u8.ToArray();

    public static ReadOnlyMemory<byte> Invoke(string name, string traceparent)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, "invoke"u8);
            json.WriteString("name"u8, name);
            json.WriteString("traceparent"u8, traceparent);
            json.WriteEndObject();
        }
        line.Write("\n"u8);
        return line.WrittenMemory;
    }

    /// <summary>Null when it is none.</summary>
    public static CronMessage? Parse(in ReadOnlySequence<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Shallow);
            var root = document.RootElement;
            return root.GetProperty("kind").GetString() switch
            {
                "register" => new(CronMessageKind.Register, [.. root.GetProperty("crons").EnumerateArray().Select(Registration)], "", false),
                "result" => new(CronMessageKind.Result, [], root.GetProperty("name").GetString() ?? throw new FormatException(), root.GetProperty("success").GetBoolean()),
                "reject-ack" => new(CronMessageKind.NoMoreTaken, [], "", false),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null; // broken, a member missing or of another type, text that is not UTF-8
        }
    }

    static CronRegistration Registration(JsonElement cron) => new(
        cron.GetProperty("name").GetString() ?? throw new FormatException(),
        cron.GetProperty("schedule").GetString() ?? throw new FormatException(),
        cron.TryGetProperty("backoff_schedule", out var backoff)
            ? [.. backoff.EnumerateArray().Take(MostBackoffs).Select(delay => delay.GetInt64())]
            : []);
}
