using System.Globalization;
using System.Text.Json;

namespace Islet.Kv.Values;

/// <summary>Writes a JSON value as the V8 value that <c>JSON.parse</c> makes of it.</summary>
static class V8Writer
{
    /// <param name="path">How errors name the value.</param>
    /// <exception cref="KvJsonException">Too deep, a double name, a number out of range, half a surrogate.</exception>
    public static byte[] Write(JsonElement json, string path)
    {
        var output = new V8Output();
        Write(output, json, path, 1);
        return output.ToArray();
    }

    static void Write(V8Output output, JsonElement json, string path, int depth)
    {
        if (depth > V8Reader.MaxDepth)
            throw new KvJsonException(path, $"is deeper than {V8Reader.MaxDepth} levels");
        switch (json.ValueKind)
        {
            case JsonValueKind.Null:
                output.Tag(V8Tag.Null);
                break;
            case JsonValueKind.True:
                output.Tag(V8Tag.True);
                break;
            case JsonValueKind.False:
                output.Tag(V8Tag.False);
                break;
            case JsonValueKind.Number:
                output.Number(KvJson.Number(json, path));
                break;
            case JsonValueKind.String:
                output.Text(KvJson.Text(json, path));
                break;
            case JsonValueKind.Array:
                WriteArray(output, json, path, depth);
                break;
            default:
                WriteObject(output, json, path, depth);
                break;
        }
    }

    static void WriteArray(V8Output output, JsonElement json, string path, int depth)
    {
        var length = (uint)json.GetArrayLength();
        output.Tag(V8Tag.Dense);
        output.Varint(length);
        foreach (var item in json.EnumerateArray())
            Write(output, item, path, depth + 1);
        output.Tag(V8Tag.DenseEnd);
        output.Varint(0);
        output.Varint(length);
    }

    static void WriteObject(V8Output output, JsonElement json, string path, int depth)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        output.Tag(V8Tag.Object);
        foreach (var property in json.EnumerateObject())
        {
            var name = KvJson.Name(property, path);
            if (!names.Add(name))
                throw new KvJsonException(path, "has a name twice");
            // V8 writes indices as numbers, and reads strings as well, but then the long way
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && (name.Length == 1 || name[0] != '0'))
                output.Number(index);
            else
                output.Text(name);
            Write(output, property.Value, path, depth + 1);
        }
        output.Tag(V8Tag.ObjectEnd);
        output.Varint((uint)names.Count);
    }
}
