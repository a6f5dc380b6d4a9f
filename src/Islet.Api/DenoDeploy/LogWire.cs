using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Islet.Api.Wire;
using Islet.Contracts;
using Islet.ControlPlane.Logs;

namespace Islet.Api.DenoDeploy;

/// <summary>Log entries as the published API spells them.</summary>
static class LogWire
{
    /// <summary>
    /// Messages are what hostile programs print: control characters, <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c> and lone
    /// surrogates are escaped or replaced, all other text stays readable. An entry is never more than one line.
    /// </summary>
    public static readonly JsonWriterOptions Json = new()
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        SkipValidation = true,
    };

    /// <summary>AppLogsResponseEntry: all four members, no others.</summary>
    public static void Write(Utf8JsonWriter json, AppLogLine line)
    {
        json.WriteStartObject();
        WriteMembers(json, line);
        json.WriteEndObject();
    }

    public static void WriteMembers(Utf8JsonWriter json, AppLogLine line)
    {
        json.WriteString("time"u8, Rfc3339.Format(line.Time));
        json.WriteString("level"u8, Level(line.Severity));
        json.WriteString("message"u8, line.Message);
        json.WriteString("region"u8, line.Region);
    }

    /// <summary>BuildLogsResponseEntry.</summary>
    public static void Write(Utf8JsonWriter json, BuildLogEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("level"u8, entry.Level);
        json.WriteString("message"u8, entry.Message);
        json.WriteEndObject();
    }

    public static string Level(LogSeverity severity) => severity switch
    {
        LogSeverity.Error => "error",
        LogSeverity.Warning => "warning",
        LogSeverity.Info => "info",
        LogSeverity.Debug => "debug",
    };
}
