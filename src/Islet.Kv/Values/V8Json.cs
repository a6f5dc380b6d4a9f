using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Islet.Kv.Values;

/// <summary>
/// A V8 value as JSON: as itself when <c>JSON.parse</c> gives the same value back, else for the eyes only. There what is
/// no JSON is an object with the member <c>$</c>, and an object that has such a member itself is <c>{"$":"Object"}</c>.
/// <code>
///   {"$":"undefined"}  {"$":"hole"}  {"$":"number","value":"NaN"}  {"$":"bigint","value":"12"}  {"$":"string","value":"\\uD800"}
///   {"$":"Date","value":"2026-01-02T03:04:05.678Z"}   {"$":"RegExp","source":"a+","flags":"gi"}   {"$":"String","value":"boxed"}
///   {"$":"Map","entries":[[key,value]]}   {"$":"Set","values":[…]}   {"$":"Error","name":…,"message":…,"stack":…,"cause":…}
///   {"$":"Uint8Array","byteLength":3,"bytes":"base64, the first 256"}   {"$":"Object","entries":[["$",1]]}
///   {"$":"Array","length":9,"entries":[["0",1]]}   {"$":"ref","id":2}: the object that says "id":2
/// </code>
/// </summary>
sealed partial class V8Json(Utf8JsonWriter json, bool plain)
{
    const int MaxBytes = 256;
    const int MaxDecimal = 512;

    /// <summary>Whether it is JSON: no special numbers, no holes, no half surrogates, no object in two places.</summary>
    public static bool IsPlain(V8Value value) => value switch
    {
        V8Value.Null or V8Value.Flag => true,
        V8Value.Number number => IsPlain(number.Value),
        V8Value.Text text => IsUnicode(text.Value),
        V8Object { IsReferenced: true } => false,
        V8Object.Plain plain => plain.Properties.TrueForAll(property => IsUnicode(property.Key) && IsPlain(property.Value)),
        V8Object.Array array => array.Elements.Count == array.Length && array.Properties.Count == 0 && array.Elements.TrueForAll(IsPlain),
        _ => false,
    };

    public void Write(V8Value value)
    {
        switch (value)
        {
            case V8Value.Null:
                json.WriteNullValue();
                break;
            case V8Value.Flag flag:
                json.WriteBooleanValue(flag.Value);
                break;
            case V8Value.Number number when IsPlain(number.Value):
                json.WriteNumberValue(number.Value);
                break;
            case V8Value.Text text when IsUnicode(text.Value):
                json.WriteStringValue(text.Value);
                break;
            case V8Object.Plain tree when plain || (!tree.IsReferenced && tree.Properties.TrueForAll(property => property.Key != "$" && IsUnicode(property.Key))):
                json.WriteStartObject();
                foreach (var (name, member) in tree.Properties)
                {
                    json.WritePropertyName(name);
                    Write(member);
                }
                json.WriteEndObject();
                break;
            case V8Object.Array array when !array.IsReferenced && array.Elements.Count == array.Length && array.Properties.Count == 0:
                WriteItems(array.Elements);
                break;
            default:
                WriteTagged(value);
                break;
        }
    }

    static bool IsPlain(double number) => double.IsFinite(number) && (number != 0 || !double.IsNegative(number));

    internal static bool IsUnicode(string text)
    {
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            var surrogate = rest.IndexOfAnyInRange('\uD800', '\uDFFF');
            if (surrogate < 0)
                return true;
            if (Rune.DecodeFromUtf16(rest[surrogate..], out _, out var used) != System.Buffers.OperationStatus.Done)
                return false;
            rest = rest[(surrogate + used)..];
        }
        return true;
    }

    void WriteItems(List<V8Value> items)
    {
        json.WriteStartArray();
        foreach (var item in items)
            Write(item);
        json.WriteEndArray();
    }

    static string NumberText(double value) => double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "Infinity"
        : double.IsNegativeInfinity(value) ? "-Infinity"
        : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Hexadecimal when it is long: decimal digits take time with the square of their count.</summary>
    static string BigIntText(BigInteger value) => value.GetByteCount() <= MaxDecimal
        ? value.ToString(CultureInfo.InvariantCulture)
        : (value.Sign < 0 ? "-0x" : "0x") + BigInteger.Abs(value).ToString("x", CultureInfo.InvariantCulture).TrimStart('0');

    /// <summary>With halves of surrogates as <c>\uD800</c>.</summary>
    static string Escaped(string text)
    {
        if (IsUnicode(text))
            return text;
        var escaped = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
            if (!char.IsSurrogate(text[i]))
                escaped.Append(text[i]);
            else if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                escaped.Append(text[i]).Append(text[++i]);
            else
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:X4}");
        return escaped.ToString();
    }
}
