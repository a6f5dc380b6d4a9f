using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Islet.Kv.Values;
using Islet.Kv.Wire;

namespace Islet.Tests.Kv;

public sealed class KvValueJsonTests
{
    /// <summary>An expression of JavaScript and how it is shown; what is no <c>json</c> or <c>bigint</c> is shown by its display.</summary>
    static readonly (string Expression, string Shown)[] Values =
    [
        ("null", """{"type":"json","value":null}"""),
        ("[true, false, 0, -1, 2147483647, 2147483648, -2147483649, 1.5, 1e300]", """{"type":"json","value":[true,false,0,-1,2147483647,2147483648,-2147483649,1.5,1E+300]}"""),
        ("'plain'", """{"type":"json","value":"plain"}"""),
        ("['é', '€', 'x€', '😀', '']", """{"type":"json","value":["é","€","x€","😀",""]}"""),
        ("({ b: 1, a: { 10: 'x', 9: [] }, '': null })", """{"type":"json","value":{"b":1,"a":{"9":[],"10":"x"},"":null}}"""),
        ("({ $: 1 })", """{"type":"json","value":{"$":1}}"""),
        ("new Array(2).fill(7)", """{"type":"json","value":[7,7]}"""),
        ("(() => { const a = []; a[1] = 1; a[0] = 0; return a })()", """{"type":"json","value":[0,1]}"""),
        ("12345678901234567890n", """{"type":"bigint","value":"12345678901234567890"}"""),
        ("-(2n ** 64n)", """{"type":"bigint","value":"-18446744073709551616"}"""),
        ("0n", """{"type":"bigint","value":"0"}"""),
        ("undefined", """{"$":"undefined"}"""),
        ("[NaN, Infinity, -Infinity, -0]", """[{"$":"number","value":"NaN"},{"$":"number","value":"Infinity"},{"$":"number","value":"-Infinity"},{"$":"number","value":"-0"}]"""),
        ("({ n: 1n, u: undefined, $: 2 })", """{"$":"Object","entries":[["n",{"$":"bigint","value":"1"}],["u",{"$":"undefined"}],["$",2]]}"""),
        ("'half \\ud800 of one'", """{"$":"string","value":"half \\uD800 of one"}"""),
        ("[1, , 3]", """{"$":"Array","length":3,"entries":[["0",1],["2",3]]}"""),
        ("Object.assign([1], { x: 2 })", """{"$":"Array","length":1,"entries":[["0",1],["x",2]]}"""),
        ("new Date(1767323045678)", """{"$":"Date","value":"2026-01-02T03:04:05.678Z"}"""),
        ("[new Date(NaN), new Date(8.64e15), new Date(-1)]", """[{"$":"Date","value":"Invalid Date"},{"$":"Date","value":"8640000000000000 ms"},{"$":"Date","value":"1969-12-31T23:59:59.999Z"}]"""),
        ("/a\\/€+/dgimsuy", """{"$":"RegExp","source":"a\\/€+","flags":"gimyusd"}"""),
        ("new Map([['a', 1], [{ b: 2 }, new Set([1, 'x'])]])", """{"$":"Map","entries":[["a",1],[{"b":2},{"$":"Set","values":[1,"x"]}]]}"""),
        ("[Object(true), Object(1), Object('s€'), Object(2n)]", """[{"$":"Boolean","value":true},{"$":"Number","value":1},{"$":"String","value":"s€"},{"$":"BigInt","value":{"$":"bigint","value":"2"}}]"""),
        ("new Uint8Array([9, 1, 2, 3]).subarray(1)", """{"$":"Uint8Array","byteLength":3,"bytes":"AQID"}"""),
        ("[new Float64Array([1]), new Float16Array(1), new BigInt64Array(1), new DataView(new ArrayBuffer(2))]", """[{"$":"Float64Array","byteLength":8,"bytes":"AAAAAAAA8D8="},{"$":"Float16Array","byteLength":2,"bytes":"AAA="},{"$":"BigInt64Array","byteLength":8,"bytes":"AAAAAAAAAAA="},{"$":"DataView","byteLength":2,"bytes":"AAA="}]"""),
        ("[new ArrayBuffer(1), new Uint8Array(new ArrayBuffer(2, { maxByteLength: 4 }))]", """[{"$":"ArrayBuffer","byteLength":1,"bytes":"AA=="},{"$":"Uint8Array","byteLength":2,"bytes":"AAA="}]"""),
        ("(() => { const b = new ArrayBuffer(2); return [new Uint8Array(b), new Uint8Array(b, 1)] })()", """[{"$":"Uint8Array","byteLength":2,"bytes":"AAA="},{"$":"Uint8Array","byteLength":1,"bytes":"AA=="}]"""),
        ("(() => { const e = new RangeError('m', { cause: [1] }); e.stack = 'at'; return e })()", """{"$":"Error","name":"RangeError","message":"m","stack":"at","cause":[1]}"""),
        ("(() => { const o = { a: 1 }; o.self = o; return o })()", """{"$":"Object","id":0,"entries":[["a",1],["self",{"$":"ref","id":0}]]}"""),
        ("(() => { const o = [1]; return { x: o, y: o } })()", """{"x":{"$":"Array","id":1,"length":1,"entries":[["0",1]]},"y":{"$":"ref","id":1}}"""),
    ];

    [Fact]
    public async Task What_Deno_stored_is_shown_and_leads_back_to_it()
    {
        var stored = await DenoValues.SerializeAsync(Values.Select(value => value.Expression));

        stored.Count.ShouldBe(Values.Length);
        foreach (var ((expression, shown), bytes) in Values.Zip(stored))
        {
            var json = Write(KvEncoding.V8, bytes);
            Relaxed(json, shown.StartsWith("""{"type":""", StringComparison.Ordinal) ? "" : "display").ShouldBe(Relaxed(shown, ""), expression);
            var back = Read(json);
            back.Encoding.ShouldBe(KvEncoding.V8);
            if (json.StartsWith("""{"type":"v8",""", StringComparison.Ordinal))
                back.Value.ShouldBe(bytes, expression);
            else
                Write(KvEncoding.V8, back.Value).ShouldBe(json, expression);
        }
    }

    [Fact]
    public async Task What_is_written_from_JSON_is_to_Deno_what_JSON_parse_gives()
    {
        string[] texts =
        [
            "null", "true", "0", "-0.0", "1", "-1", "63", "64", "-65", "2147483647", "2147483648", "-2147483648", "1e21", "1.7976931348623157e308", "5e-324", "0.1",
            "\"\"", "\"a\"", "\"é\"", "\"€\"", "\"a€\"", "\"ab€\"", "\"😀\"", "\"\\u0000\"", "[]", "{}", "[[],{},null]",
            """{"10":"a","9":"b","x":1,"01":2,"-1":3,"4294967295":4,"2147483648":5,"":6}""",
            """{"__proto__":{"a":1},"constructor":2}""", """{"€":"€","a":["€","b","€€"]}""",
            $"[{string.Join(',', Enumerable.Range(0, 300))}]", $"\"{new string('x', 200)}\"", $"\"{new string('€', 200)}\"", $"{new string('[', 127)}{new string(']', 127)}",
        ];

        (await DenoValues.DifferentAsync(texts.Select(text => (text, Read($$"""{"type":"json","value":{{text}}}""").Value)))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(KvEncoding.LittleEndian64, "FFFFFFFFFFFFFFFF", """{"type":"u64","value":"18446744073709551615"}""")]
    [InlineData(KvEncoding.LittleEndian64, "0100000000000000", """{"type":"u64","value":"1"}""")]
    [InlineData(KvEncoding.Bytes, "00FF", """{"type":"bytes","value":"AP8="}""")]
    [InlineData(KvEncoding.V8, "", """{"type":"v8","value":""}""")]
    [InlineData(KvEncoding.V8, "FF0F5C0042", """{"type":"v8","value":"/w9cAEI="}""")] // an object of the runtime
    [InlineData(KvEncoding.V8, "FF7F4902", """{"type":"v8","value":"/39JAg=="}""")] // a version of the future
    [InlineData(KvEncoding.V8, "FF0F490200", """{"type":"v8","value":"/w9JAgA="}""")] // more than the value
    [InlineData(KvEncoding.V8, "FF0D42020102564200021234", """{"type":"v8","value":"/w1CAgECVkIAAhI0"}""")]
    [InlineData(KvEncoding.V8, "FF0D4202010256420002", """{"type":"v8","value":"/w1CAgECVkIAAg==","display":{"$":"Uint8Array","byteLength":2,"bytes":"AQI="}}""")] // without flags
    [InlineData(KvEncoding.V8, "FF0D420201025642000200", """{"type":"v8","value":"/w1CAgECVkIAAgA=","display":{"$":"Uint8Array","byteLength":2,"bytes":"AQI="}}""")] // version 14 that calls itself 13
    [InlineData(KvEncoding.V8, "FF0D5303E282AC", """{"type":"json","value":"€"}""")] // UTF-8
    [InlineData(KvEncoding.V8, "FF0F3F01550A", """{"type":"json","value":10}""")] // a count of objects, an unsigned
    public void Each_kind_has_its_form(KvEncoding encoding, string hex, string json)
    {
        Write(encoding, Convert.FromHexString(hex)).ShouldBe(json);
        if (!json.Contains("\"json\"", StringComparison.Ordinal))
            Read(json).ShouldBe((encoding, Convert.FromHexString(hex)), new ByValue());
    }

    [Theory]
    [InlineData("1", "value must be an object with type and value")]
    [InlineData("{}", "value.type is missing")]
    [InlineData("""{"type":"json"}""", "value.value is missing")]
    [InlineData("""{"type":"date","value":1}""", "value.type must be u64, bytes, json, bigint or v8")]
    [InlineData("""{"type":"u64","value":1}""", "value.value must be a string")]
    [InlineData("""{"type":"u64","value":"-1"}""", "value.value must be an integer from 0 to 18446744073709551615, as a string")]
    [InlineData("""{"type":"bigint","value":"1.5"}""", "value.value must be an integer of at most 1200 characters")]
    [InlineData("""{"type":"v8","value":"="}""", "value.value must be base64")]
    [InlineData("""{"type":"json","value":1e999}""", "value.value is out of the range of numbers")]
    [InlineData("""{"type":"json","value":["\udc00"]}""", "value.value has half a surrogate")]
    [InlineData("""{"type":"json","value":{"a":1,"\u0061":2}}""", "value.value has a name twice")]
    public void What_is_no_value_is_named(string json, string message) => Should.Throw<KvJsonException>(() => Read(json)).Message.ShouldBe(message);

    [Fact]
    public void Values_too_deep_are_refused_or_not_shown()
    {
        Should.Throw<KvJsonException>(() => Read($$"""{"type":"json","value":{{new string('[', 129)}}{{new string(']', 129)}}}""")).Message.ShouldBe("value.value is deeper than 128 levels");
        byte[] deep = [0xFF, 15, .. Enumerable.Repeat("A\u0001"u8.ToArray(), 50_000).SelectMany(pair => pair)];
        Write(KvEncoding.V8, deep).ShouldStartWith("""{"type":"v8","value":""");
        Write(KvEncoding.V8, [0xFF, 15, .. Enumerable.Repeat("?\u0001"u8.ToArray(), 50_000).SelectMany(pair => pair)]).ShouldStartWith("""{"type":"v8","value":""");
    }

    [Theory]
    [InlineData("FF0F41FFFFFFFF0F")] // an array of 4 billion
    [InlineData("FF0F22FFFFFFFF0F61")]
    [InlineData("FF0F5AFEFFFFFF0F00")]
    [InlineData("FF0F42FFFFFFFF0F00")]
    [InlineData("FF0F5E00")] // a reference to nothing
    [InlineData("FF0F6F5E00490200")] // a reference as a name
    [InlineData("FF0F420201025642010200")] // a view beyond its buffer
    [InlineData("FF0F420201025657010100")] // across its elements
    [InlineData("FF0F6F2201614902220161490422")]
    [InlineData("FF0F")]
    [InlineData("FF")]
    public void Lengths_and_references_are_not_believed(string hex) => Write(KvEncoding.V8, Convert.FromHexString(hex)).ShouldNotContain("display");

    [Fact]
    public void Any_bytes_are_shown_and_lead_back()
    {
        var random = new Random(20260103);
        byte[] tags = "_0TFIUNZS\"c^o{a@A$Dyxnzs R;:',B~Vr\\?-mMcsE.bBWhQ"u8.ToArray();
        for (var round = 0; round < 100_000; round++)
        {
            byte[] bytes = [0xFF, (byte)random.Next(12, 18), .. Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(3) == 0 ? (byte)random.Next(6) : tags[random.Next(tags.Length)])];
            var json = Write(KvEncoding.V8, bytes);
            var back = Read(json);
            if (json.StartsWith("""{"type":"v8",""", StringComparison.Ordinal))
                back.Value.ShouldBe(bytes);
            else
                Write(KvEncoding.V8, back.Value).ShouldBe(json);
        }
    }

    [Fact]
    public void Many_views_of_one_buffer_are_not_shown_many_times()
    {
        List<byte> bytes = [0xFF, 15, .. "A"u8, 0x90, 0x4E, .. "B"u8, 0x80, 0x80, 2, .. new byte[32768], .. "VB"u8, 0, 0x80, 0x80, 2, 0];
        for (var i = 1; i < 10_000; i++)
            bytes.AddRange([(byte)'^', 1, (byte)'V', (byte)'B', 0, 0x80, 0x80, 2, 0]);
        bytes.AddRange([(byte)'$', 0, 0x90, 0x4E]);

        V8Reader.Read(bytes.ToArray(), out var count).ShouldNotBeNull();
        count.ShouldBe(10_001);
        Write(KvEncoding.V8, bytes.ToArray()).Length.ShouldBeLessThan(200_000);
    }

    static string Write(KvEncoding encoding, byte[] value)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            KvValueJson.Write(json, encoding, value);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    static (KvEncoding Encoding, byte[] Value) Read(string json)
    {
        using var document = JsonDocument.Parse(json, new() { MaxDepth = 1000 });
        return KvValueJson.Read(document.RootElement, "value");
    }

    /// <summary>One spelling of characters.</summary>
    static string Relaxed(string json, string member)
    {
        using var document = JsonDocument.Parse(json);
        var element = member.Length == 0 ? document.RootElement : document.RootElement.GetProperty(member);
        return JsonSerializer.Serialize(element);
    }

    sealed class ByValue : IEqualityComparer<(KvEncoding Encoding, byte[] Value)>
    {
        public bool Equals((KvEncoding Encoding, byte[] Value) x, (KvEncoding Encoding, byte[] Value) y) =>
            x.Encoding == y.Encoding && x.Value.AsSpan().SequenceEqual(y.Value);

        public int GetHashCode((KvEncoding Encoding, byte[] Value) obj) => obj.Value.Length;
    }
}
