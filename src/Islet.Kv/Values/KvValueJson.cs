using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Islet.Kv.Wire;

namespace Islet.Kv.Values;

/// <summary>
/// A stored value as JSON, and back without loss.
/// <code>
///   {"type":"u64","value":"12"}             a KvU64
///   {"type":"bytes","value":"base64"}       a Uint8Array
///   {"type":"json","value":…}               what JSON can say
///   {"type":"bigint","value":"12"}
///   {"type":"v8","value":"base64","display":…}   every other one; display, see <see cref="V8Json"/>, is not read back
/// </code>
/// </summary>
public static class KvValueJson
{
    /// <summary>Values within one that are still shown.</summary>
    const int MaxShown = 5000;

    const int MaxBigInt = 1200;

    /// <summary>Bytes that nobody can read have no <c>display</c>. At most some 3 MiB for a value of 64 KiB.</summary>
    /// <param name="display">False: no value has one.</param>
    public static void Write(Utf8JsonWriter json, KvEncoding encoding, ReadOnlySpan<byte> value, bool display = true)
    {
        json.WriteStartObject();
        if (encoding == KvEncoding.V8)
        {
            WriteV8(json, value, display);
        }
        else if (encoding == KvEncoding.LittleEndian64 && value.Length == sizeof(ulong))
        {
            json.WriteString("type", "u64");
            json.WriteString("value", BinaryPrimitives.ReadUInt64LittleEndian(value).ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteString("type", "bytes");
            json.WriteBase64String("value", value);
        }
        json.WriteEndObject();
    }

    /// <param name="path">How errors name the value.</param>
    /// <exception cref="KvJsonException"/>
    public static (KvEncoding Encoding, byte[] Value) Read(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new KvJsonException(path, "must be an object with type and value");
        var type = KvJson.Text(KvJson.Member(json, "type", path), $"{path}.type");
        var value = KvJson.Member(json, "value", path);
        path += ".value";
        switch (type)
        {
            case "u64":
                return (KvEncoding.LittleEndian64, U64(value, path));
            case "bytes":
                return (KvEncoding.Bytes, KvJson.Base64(value, path));
            case "json":
                return (KvEncoding.V8, V8Writer.Write(value, path));
            case "bigint":
                return (KvEncoding.V8, new V8Number(0, KvJson.BigInt(value, MaxBigInt, path)).Write());
            case "v8":
                return (KvEncoding.V8, KvJson.Base64(value, path));
            default:
                throw new KvJsonException(path[..^".value".Length] + ".type", "must be u64, bytes, json, bigint or v8");
        }
    }

    static void WriteV8(Utf8JsonWriter json, ReadOnlySpan<byte> bytes, bool display)
    {
        var value = Readable(bytes, out var count);
        switch (value)
        {
            case V8Value.BigInt { Value: var integer } when integer.GetByteCount() < MaxBigInt / 3:
                json.WriteString("type", "bigint");
                json.WriteString("value", integer.ToString(CultureInfo.InvariantCulture));
                return;
            case not null when V8Json.IsPlain(value):
                json.WriteString("type", "json");
                json.WritePropertyName("value");
                new V8Json(json, plain: true).Write(value);
                return;
        }
        json.WriteString("type", "v8");
        json.WriteBase64String("value", bytes);
        if (!display || value is null || count > MaxShown)
            return;
        json.WritePropertyName("display");
        new V8Json(json, plain: false).Write(value);
    }

    static V8Value? Readable(ReadOnlySpan<byte> bytes, out int count)
    {
        try
        {
            return V8Reader.Read(bytes, out count);
        }
        catch (V8FormatException)
        {
            // another runtime's, a newer one's or no value at all: kept and given back as it is
            count = 0;
            return null;
        }
    }

    static byte[] U64(JsonElement json, string path)
    {
        if (!ulong.TryParse(KvJson.Text(json, path), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            throw new KvJsonException(path, "must be an integer from 0 to 18446744073709551615, as a string");
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
