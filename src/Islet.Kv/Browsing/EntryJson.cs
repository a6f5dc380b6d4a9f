using System.Globalization;
using System.Text.Json;
using Islet.Kv.Engine;
using Islet.Kv.Keys;
using Islet.Kv.Values;
using Islet.Kv.Wire;

namespace Islet.Kv.Browsing;

/// <summary>An entry as JSON, which leads back to it: <c>{"key":["users",1],"value":{"type":"json","value":…},"versionstamp":"…","expireAt":"…"}</c>, the last if it expires.</summary>
public static class EntryJson
{
    const long LastMoment = 253_402_300_799_999;

    /// <param name="display">Whether values that are no JSON are shown beside their bytes, for people.</param>
    public static void Write(Utf8JsonWriter json, KvEntry entry, bool display)
    {
        json.WriteStartObject();
        json.WritePropertyName("key"u8);
        KvKeyJson.Write(json, entry.Key.Span);
        json.WritePropertyName("value"u8);
        KvValueJson.Write(json, entry.Encoding, entry.Value.Span, display);
        json.WriteString("versionstamp"u8, Stamp(entry.Version));
        if (entry.ExpireAt != 0)
            json.WriteString("expireAt"u8, Moment(entry.ExpireAt));
        json.WriteEndObject();
    }

    /// <summary>RFC 3339, in UTC. It ends with the year 9999, and programs may say more.</summary>
    static string Moment(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, LastMoment)).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>As programs see it.</summary>
    public static string Stamp(long version) => string.Create(CultureInfo.InvariantCulture, $"{version:x16}0000");

    /// <summary>Null: it is none.</summary>
    public static long? ReadStamp(string stamp) =>
        stamp.Length == Versionstamp.Length * 2 && stamp.EndsWith("0000", StringComparison.Ordinal)
            && long.TryParse(stamp.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var version) && version > 0
            ? version
            : null;
}
