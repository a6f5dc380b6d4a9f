using System.Globalization;
using System.Text.Json;

namespace Islet.Kv.Values;

sealed partial class V8Json
{
    void WriteTagged(V8Value value)
    {
        json.WriteStartObject();
        switch (value)
        {
            case V8Value.Undefined:
                json.WriteString("$", "undefined");
                break;
            case V8Value.Hole:
                json.WriteString("$", "hole");
                break;
            case V8Value.Number number:
                json.WriteString("$", "number");
                json.WriteString("value", NumberText(number.Value));
                break;
            case V8Value.BigInt integer:
                json.WriteString("$", "bigint");
                json.WriteString("value", BigIntText(integer.Value));
                break;
            case V8Value.Text text:
                json.WriteString("$", "string");
                json.WriteString("value", Escaped(text.Value));
                break;
            case V8Value.Reference reference:
                json.WriteString("$", "ref");
                json.WriteNumber("id", reference.Target.Id);
                break;
            case V8Object tree:
                WriteObject(tree);
                break;
        }
        json.WriteEndObject();
    }

    void WriteObject(V8Object value)
    {
        json.WriteString("$", NameOf(value));
        if (value.IsReferenced)
            json.WriteNumber("id", value.Id);
        switch (value)
        {
            case V8Object.Plain tree:
                WriteEntries(tree.Properties);
                break;
            case V8Object.Array array:
                json.WriteNumber("length", array.Length);
                WriteEntries([.. Elements(array), .. array.Properties]);
                break;
            case V8Object.Date date:
                json.WriteString("value", DateText(date.Milliseconds));
                break;
            case V8Object.RegExp expression:
                json.WriteString("source", Escaped(expression.Source));
                json.WriteString("flags", expression.Flags);
                break;
            case V8Object.Boxed boxed:
                json.WritePropertyName("value");
                Write(boxed.Value);
                break;
            case V8Object.Map map:
                WriteMap(map);
                break;
            case V8Object.Set set:
                json.WritePropertyName("values");
                WriteItems(set.Values);
                break;
            case V8Object.Buffer buffer:
                WriteBytes(buffer.Bytes);
                break;
            case V8Object.View view:
                WriteBytes(view.Bytes);
                break;
            case V8Object.Error error:
                WriteError(error);
                break;
        }
    }

    static string NameOf(V8Object value) => value switch
    {
        V8Object.View view => view.Type,
        V8Object.Buffer => "ArrayBuffer",
        V8Object.Plain => "Object",
        V8Object.Boxed { Value: V8Value.Flag } => "Boolean",
        V8Object.Boxed { Value: V8Value.Number } => "Number",
        V8Object.Boxed { Value: V8Value.BigInt } => "BigInt",
        V8Object.Boxed => "String",
        _ => value.GetType().Name,
    };

    static IEnumerable<KeyValuePair<string, V8Value>> Elements(V8Object.Array array) =>
        array.Elements.Select((element, index) => KeyValuePair.Create(index.ToString(CultureInfo.InvariantCulture), element))
            .Where(pair => pair.Value is not V8Value.Hole);

    void WriteEntries(IEnumerable<KeyValuePair<string, V8Value>> entries)
    {
        json.WriteStartArray("entries");
        foreach (var (name, value) in entries)
        {
            json.WriteStartArray();
            json.WriteStringValue(Escaped(name));
            Write(value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    void WriteMap(V8Object.Map map)
    {
        json.WriteStartArray("entries");
        foreach (var (key, value) in map.Entries)
            WriteItems([key, value]);
        json.WriteEndArray();
    }

    void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        json.WriteNumber("byteLength", bytes.Length);
        json.WriteBase64String("bytes", bytes[..Math.Min(bytes.Length, MaxBytes)]);
    }

    void WriteError(V8Object.Error error)
    {
        json.WriteString("name", error.Name);
        if (error.Message is { } message)
            json.WriteString("message", Escaped(message));
        if (error.Stack is { } stack)
            json.WriteString("stack", Escaped(stack));
        if (error.Cause is null)
            return;
        json.WritePropertyName("cause");
        Write(error.Cause);
    }

    /// <summary>As <c>toISOString</c>, within the years that have four digits.</summary>
    static string DateText(double milliseconds)
    {
        if (double.IsNaN(milliseconds))
            return "Invalid Date";
        const double First = -62_135_596_800_000, Last = 253_402_300_799_999;
        return milliseconds is >= First and <= Last
            ? DateTime.UnixEpoch.AddMilliseconds(Math.Truncate(milliseconds)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            : NumberText(milliseconds) + " ms";
    }
}
