using System.Numerics;
using System.Text;
using System.Text.Json;
using Islet.Kv;
using Islet.Kv.Keys;
using Islet.Kv.Values;

namespace Islet.Tests.Kv;

public sealed class KvKeyTests
{
    [Theory]
    [InlineData("""["users",1]""", "02757365727300" + "21BFF0000000000000")]
    [InlineData("""[{"bytes":"AAH/AA=="}]""", "0100FF01FF00FF00")]
    [InlineData("""["a\u0000b",""]""", "026100FF6200" + "0200")]
    [InlineData("""[{"bigint":"0"},{"bigint":"1"},{"bigint":"-1"},{"bigint":"256"}]""", "14" + "1501" + "13FE" + "160100")]
    [InlineData("""[{"bigint":"18446744073709551615"}]""", "1CFFFFFFFFFFFFFFFF")]
    [InlineData("""[{"bigint":"18446744073709551616"}]""", "1D09010000000000000000")]
    [InlineData("""[{"bigint":"-18446744073709551616"}]""", "0BF6FEFFFFFFFFFFFFFFFF")]
    [InlineData("""[false,true]""", "2627")]
    [InlineData("""[0,{"number":"-0"},-1.5]""", "218000000000000000" + "217FFFFFFFFFFFFFFF" + "214007FFFFFFFFFFFF")]
    [InlineData("""[{"number":"NaN"},{"number":"-NaN"}]""", "21FFF8000000000000" + "210007FFFFFFFFFFFF")]
    [InlineData("""[{"number":"Infinity"},{"number":"-Infinity"}]""", "21FFF0000000000000" + "21000FFFFFFFFFFFFF")]
    [InlineData("[]", "")]
    [InlineData("""{"raw":"AP8="}""", "00FF")]
    public void Keys_are_the_bytes_Deno_writes_and_back(string json, string hex)
    {
        var key = Read(json);
        Convert.ToHexString(key).ShouldBe(hex);
        Write(key).ShouldBe(json);
    }

    [Theory]
    [InlineData("00")] // no such kind
    [InlineData("05")]
    [InlineData("28FF")]
    [InlineData("0261")] // no end
    [InlineData("0100FF")]
    [InlineData("02FF00")] // no UTF-8
    [InlineData("02EDA08000")] // half a surrogate
    [InlineData("1500")] // a zero in front
    [InlineData("1600FF")]
    [InlineData("13FF")]
    [InlineData("15")]
    [InlineData("1D")]
    [InlineData("1D09")]
    [InlineData("1D08FFFFFFFFFFFFFFFF")] // the short form's business
    [InlineData("1D0900FFFFFFFFFFFFFFFF")]
    [InlineData("0BF7FEFFFFFFFFFFFFFF")]
    [InlineData("21BFF00000000000")]
    [InlineData("21FFF8000000000001")] // another NaN
    public void Garbage_is_no_key(string hex)
    {
        KvKey.Decode(Convert.FromHexString(hex)).ShouldBeNull();
        Read(Write(Convert.FromHexString(hex))).ShouldBe(Convert.FromHexString(hex));
    }

    [Theory]
    [InlineData("""{"a":1}""", "key must be an array of parts")]
    [InlineData("\"a\"", "key must be an array of parts")]
    [InlineData("[null]", "key[0] must be a string, a boolean, a number or an object with bigint, bytes or number")]
    [InlineData("""["a",{}]""", "key[1] must have exactly one member")]
    [InlineData("""[{"bigint":"1","bytes":""}]""", "key[0] must have exactly one member")]
    [InlineData("""[{"bigint":1}]""", "key[0].bigint must be a string")]
    [InlineData("""[{"bigint":"0x1"}]""", "key[0].bigint must be an integer of at most 616 characters")]
    [InlineData("""[{"bytes":"?"}]""", "key[0].bytes must be base64")]
    [InlineData("""[{"number":"1"}]""", "key[0].number must be NaN, -NaN, Infinity, -Infinity or -0")]
    [InlineData("""[{"date":"1"}]""", "key[0].date is unknown: bigint, bytes or number")]
    [InlineData("[1e999]", "key[0] is out of the range of numbers")]
    [InlineData("""["\ud800"]""", "key[0] has half a surrogate")]
    public void What_is_no_key_in_JSON_is_named(string json, string message) =>
        Should.Throw<KvJsonException>(() => Read(json)).Message.ShouldBe(message);

    [Fact]
    public void A_bigint_has_at_most_255_bytes()
    {
        KvKey.Encode([new KvKeyPart.BigInt(BigInteger.One << (255 * 8 - 1))]).Length.ShouldBe(257);
        Should.Throw<KvException>(() => KvKey.Encode([new KvKeyPart.BigInt(-(BigInteger.One << (255 * 8)))]));
    }

    [Fact]
    public void The_versionstamp_is_one_more_string()
    {
        var key = KvKey.WithVersionstamp(KvKey.Encode([new KvKeyPart.Text("log")]), [0, 0, 0, 0, 0, 0, 0x0A, 0xBC, 0, 0]);
        KvKey.Decode(key).ShouldBe([new KvKeyPart.Text("log"), new KvKeyPart.Text("0000000000000abc0000")]);
    }

    [Fact]
    public void Bytes_are_ordered_as_parts_and_lead_back_to_them()
    {
        var random = new Random(20260101);
        var keys = Enumerable.Range(0, 400).Select(_ => Enumerable.Range(0, random.Next(1, 4)).Select(_ => Part(random)).ToList()).ToList();
        var encoded = keys.ConvertAll(KvKey.Encode);
        for (var i = 0; i < keys.Count; i++)
        {
            KvKey.Decode(encoded[i]).ShouldBe(keys[i]);
            Read(Write(encoded[i])).ShouldBe(encoded[i]);
            for (var j = 0; j < keys.Count; j++)
                Math.Sign(encoded[i].AsSpan().SequenceCompareTo(encoded[j])).ShouldBe(Math.Sign(Compare(keys[i], keys[j])), $"{Write(encoded[i])} and {Write(encoded[j])}");
        }
    }

    [Fact]
    public void Random_bytes_are_no_key_or_exactly_one()
    {
        var random = new Random(20260102);
        byte[] likely = [0, 1, 2, 0xFF, 0x0B, 0x14, 0x15, 0x1D, 0x21, 0x26, 0x61, 9];
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(4) == 0 ? (byte)random.Next(256) : likely[random.Next(likely.Length)]).ToArray();
            if (KvKey.Decode(bytes) is { } parts)
                KvKey.Encode(parts).ShouldBe(bytes);
        }
    }

    /// <summary>Few different values, so that many keys begin alike.</summary>
    static KvKeyPart Part(Random random)
    {
        double[] numbers = [double.NegativeInfinity, double.MinValue, -1.5, -double.Epsilon, -0.0, 0, double.Epsilon, 1, 2, double.PositiveInfinity];
        string[] texts = ["", "\0", "\0a", "a", "a\0", "aa", "é", "€", "\uFFFF", "😀"];
        byte[][] bytes = [[], [0], [0, 0xFF], [0xFF], [1], [0, 1]];
        return random.Next(5) switch
        {
            0 => new KvKeyPart.Bytes(bytes[random.Next(bytes.Length)]),
            1 => new KvKeyPart.Text(texts[random.Next(texts.Length)]),
            2 => new KvKeyPart.BigInt(((BigInteger.One << random.Next(0, 90)) + random.Next(-2, 2)) * random.Next(-1, 2)),
            3 => new KvKeyPart.Number(numbers[random.Next(numbers.Length)]),
            _ => new KvKeyPart.Flag(random.Next(2) == 0),
        };
    }

    static int Compare(List<KvKeyPart> left, List<KvKeyPart> right)
    {
        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
            if (Compare(left[i], right[i]) is not 0 and var order)
                return order;
        return left.Count - right.Count;
    }

    static int Compare(KvKeyPart left, KvKeyPart right) => (left, right) switch
    {
        (KvKeyPart.Bytes one, KvKeyPart.Bytes other) => one.Value.Span.SequenceCompareTo(other.Value.Span),
        (KvKeyPart.Text one, KvKeyPart.Text other) => Encoding.UTF8.GetBytes(one.Value).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other.Value)),
        (KvKeyPart.BigInt one, KvKeyPart.BigInt other) => one.Value.CompareTo(other.Value),
        (KvKeyPart.Number { Value: 0 } one, KvKeyPart.Number { Value: 0 } other) => double.IsNegative(other.Value).CompareTo(double.IsNegative(one.Value)),
        (KvKeyPart.Number one, KvKeyPart.Number other) => one.Value.CompareTo(other.Value),
        (KvKeyPart.Flag one, KvKeyPart.Flag other) => one.Value.CompareTo(other.Value),
        _ => Rank(left) - Rank(right),
    };

    static int Rank(KvKeyPart part) => Array.IndexOf([typeof(KvKeyPart.Bytes), typeof(KvKeyPart.Text), typeof(KvKeyPart.BigInt), typeof(KvKeyPart.Number), typeof(KvKeyPart.Flag)], part.GetType());

    static byte[] Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return KvKeyJson.Read(document.RootElement, "key");
    }

    static string Write(byte[] key)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            KvKeyJson.Write(json, key);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
