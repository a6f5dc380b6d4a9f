using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Islet.Kv.Values;

/// <summary>Reads members of the tagged JSON of keys and values.</summary>
static class KvJson
{
    public static JsonElement Member(JsonElement json, string name, string path) =>
        json.TryGetProperty(name, out var member) ? member : throw new KvJsonException($"{path}.{name}", "is missing");

    public static string Text(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.String)
            throw new KvJsonException(path, "must be a string");
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new KvJsonException(path, "has half a surrogate");
        }
    }

    public static string Name(JsonProperty property, string path)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw new KvJsonException(path, "has half a surrogate in a name");
        }
    }

    public static double Number(JsonElement json, string path) =>
        json.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw new KvJsonException(path, "is out of the range of numbers");

    public static byte[] Base64(JsonElement json, string path) =>
        json.ValueKind == JsonValueKind.String && json.TryGetBytesFromBase64(out var bytes) ? bytes : throw new KvJsonException(path, "must be base64");

    /// <param name="most">Characters: reading takes time with the square of their count.</param>
    public static BigInteger BigInt(JsonElement json, int most, string path)
    {
        var text = Text(json, path);
        return text.Length <= most && text != "-0" && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new KvJsonException(path, $"must be an integer of at most {most} characters");
    }
}
