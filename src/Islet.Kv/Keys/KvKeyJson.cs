using System.Globalization;
using System.Text.Json;
using Islet.Kv.Values;

namespace Islet.Kv.Keys;

/// <summary>
/// A key as JSON, and back without loss: an array of parts, which are strings, booleans, numbers or
/// <code>
///   {"bigint":"12"}   {"bytes":"base64"}   {"number":"NaN"}, also "-NaN", "Infinity", "-Infinity" and "-0"
/// </code>
/// Bytes that are no such array, which only a client of its own can have written, are <c>{"raw":"base64"}</c>.
/// </summary>
public static class KvKeyJson
{
    /// <summary>Characters of the longest bigint, 255 bytes.</summary>
    const int MaxBigInt = 616;

    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> key)
    {
        if (KvKey.Decode(key) is not { } parts)
        {
            json.WriteStartObject();
            json.WriteBase64String("raw", key);
            json.WriteEndObject();
            return;
        }
        json.WriteStartArray();
        foreach (var part in parts)
            WritePart(json, part);
        json.WriteEndArray();
    }

    /// <summary>The bytes of a key or, without parts, of every key's beginning.</summary>
    /// <param name="path">How errors name the key.</param>
    /// <exception cref="KvJsonException"/>
    public static byte[] Read(JsonElement json, string path)
    {
        if (json.ValueKind == JsonValueKind.Object && Only(json, path) is { Name: "raw", Value: var raw })
            return KvJson.Base64(raw, $"{path}.raw");
        if (json.ValueKind != JsonValueKind.Array)
            throw new KvJsonException(path, "must be an array of parts");
        var parts = new List<KvKeyPart>();
        foreach (var part in json.EnumerateArray())
            parts.Add(ReadPart(part, $"{path}[{parts.Count}]"));
        try
        {
            return KvKey.Encode(parts);
        }
        catch (KvException)
        {
            throw new KvJsonException(path, "has a bigint of more than 255 bytes");
        }
    }

    static void WritePart(Utf8JsonWriter json, KvKeyPart part)
    {
        switch (part)
        {
            case KvKeyPart.Text text:
                json.WriteStringValue(text.Value);
                break;
            case KvKeyPart.Flag flag:
                json.WriteBooleanValue(flag.Value);
                break;
            case KvKeyPart.Number { Value: var number } when SpecialOf(number) is null:
                json.WriteNumberValue(number);
                break;
            case KvKeyPart.Number { Value: var number }:
                json.WriteStartObject();
                json.WriteString("number", SpecialOf(number));
                json.WriteEndObject();
                break;
            case KvKeyPart.BigInt integer:
                json.WriteStartObject();
                json.WriteString("bigint", integer.Value.ToString(CultureInfo.InvariantCulture));
                json.WriteEndObject();
                break;
            case KvKeyPart.Bytes bytes:
                json.WriteStartObject();
                json.WriteBase64String("bytes", bytes.Value.Span);
                json.WriteEndObject();
                break;
        }
    }

    static string? SpecialOf(double number) => number switch
    {
        double.NaN => double.IsNegative(number) ? "-NaN" : "NaN",
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        0 when double.IsNegative(number) => "-0",
        _ => null,
    };

    static KvKeyPart ReadPart(JsonElement json, string path)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return new KvKeyPart.Text(KvJson.Text(json, path));
            case JsonValueKind.True or JsonValueKind.False:
                return new KvKeyPart.Flag(json.GetBoolean());
            case JsonValueKind.Number:
                return new KvKeyPart.Number(KvJson.Number(json, path));
            case JsonValueKind.Object:
                var only = Only(json, path);
                path += $".{only.Name}";
                return only.Name switch
                {
                    "bigint" => new KvKeyPart.BigInt(KvJson.BigInt(only.Value, MaxBigInt, path)),
                    "bytes" => new KvKeyPart.Bytes(KvJson.Base64(only.Value, path)),
                    "number" => new KvKeyPart.Number(Special(KvJson.Text(only.Value, path), path)),
                    _ => throw new KvJsonException(path, "is unknown: bigint, bytes or number"),
                };
            default:
                throw new KvJsonException(path, "must be a string, a boolean, a number or an object with bigint, bytes or number");
        }
    }

    static (string Name, JsonElement Value) Only(JsonElement json, string path)
    {
        var members = json.EnumerateObject().Take(2).ToList();
        return members is [var member] ? (KvJson.Name(member, path), member.Value) : throw new KvJsonException(path, "must have exactly one member");
    }

    static double Special(string text, string path) => text switch
    {
        "NaN" => KvKey.CanonicalNaN(negative: false),
        "-NaN" => KvKey.CanonicalNaN(negative: true),
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        "-0" => -0.0,
        _ => throw new KvJsonException(path, "must be NaN, -NaN, Infinity, -Infinity or -0"),
    };
}
