using System.Globalization;
using System.Numerics;
using Islet.Kv;
using Islet.Kv.Values;
using Islet.Kv.Wire;

namespace Islet.Tests.Kv;

/// <summary>
/// Values are written as in JavaScript: 1, 1n, u64:1, bytes, "text" and nothing for a missing key; an n after the digits is
/// a bigint.
/// </summary>
public sealed class SumValuesTests
{
    [Theory]
    [InlineData("", "u64:42", "u64:42")]
    [InlineData("u64:42", "u64:1", "u64:43")]
    [InlineData("u64:18446744073709551615", "u64:2", "u64:1")]
    [InlineData("u64:43", "1n", "u64:44")]
    [InlineData("u64:18446744073709551615", "18446744073709551615n", "u64:18446744073709551614")]
    [InlineData("", "10n", "10n")]
    [InlineData("42n", "1n", "43n")]
    [InlineData("18446744073709551615n", "1n", "18446744073709551616n")]
    [InlineData("5n", "-9n", "-4n")]
    [InlineData("-1n", "1n", "0n")]
    [InlineData("", "7", "7")]
    [InlineData("1", "2", "3")]
    [InlineData("0.1", "0.2", "0.30000000000000004")]
    [InlineData("2147483647", "1", "2147483648")]
    public void Values_of_one_kind_are_added(string stored, string operand, string sum) => Sum(stored, operand).ShouldBe(sum);

    [Theory]
    [InlineData("43n", "1n", "", "44n", false, "44n")]
    [InlineData("44n", "10n", "", "50n", true, "50n")]
    [InlineData("44n", "-10n", "40n", "50n", true, "40n")]
    [InlineData("10", "1", "0", "11", false, "11")]
    [InlineData("10", "5", "0", "12", true, "12")]
    [InlineData("10", "-50", "0", "12", true, "0")]
    [InlineData("", "99", "0", "12", false, "99")] // the first value is not looked at
    public void A_sum_stays_within_its_range(string stored, string operand, string min, string max, bool clamp, string sum) =>
        Sum(stored, operand, min, max, clamp).ShouldBe(sum);

    [Theory]
    [InlineData("bytes", "u64:1", "", "", "Failed to perform 'sum' mutation on a non-U64 value in the database")]
    [InlineData("1n", "u64:1", "", "", "Failed to perform 'sum' mutation on a non-U64 value in the database")]
    [InlineData("u64:1", "u64:1", "1n", "", "Cannot use min/max parameters with KvU64 operands")]
    [InlineData("bytes", "1n", "", "", "unsupported value type")]
    [InlineData("\"text\"", "1n", "", "", "unsupported value type")]
    [InlineData("broken", "1n", "", "", "invalid v8 value")]
    [InlineData("empty", "1n", "", "", "operand cannot be empty")]
    [InlineData("43n", "1", "", "", "Cannot sum BigInt with Number")]
    [InlineData("43", "1n", "", "", "Cannot sum Number with BigInt")]
    [InlineData("u64:1", "1", "", "", "Cannot sum KvU64 with Number")]
    [InlineData("u64:1", "-1n", "", "", "Cannot sum KvU64 with BigInt")]
    [InlineData("u64:1", "18446744073709551616n", "", "", "Cannot sum KvU64 with BigInt")]
    [InlineData("u64:1", "1n", "0n", "", "Cannot sum KvU64 with BigInt")]
    [InlineData("43n", "2n", "", "44n", "The result of a Sum operation would exceed its range limit")]
    [InlineData("43", "-2", "42", "", "The result of a Sum operation would exceed its range limit")]
    [InlineData("43n", "2n", "1", "", "Min/max parameters have different types than the operand")]
    [InlineData("43", "2", "", "1n", "Min/max parameters have different types than the operand")]
    [InlineData("43", "bytes", "", "", "Some of the parameters are not valid V8 values")]
    [InlineData("43", "\"text\"", "", "", "Some of the parameters are not valid V8 values")]
    [InlineData("43", "broken", "", "", "Some of the parameters are not valid V8 values")]
    [InlineData("43", "empty", "", "", "Some of the parameters are not valid V8 values")]
    [InlineData("43", "1", "broken", "", "Some of the parameters are not valid V8 values")]
    [InlineData("43", "1", "", "\"text\"", "Some of the parameters are not valid V8 values")]
    public void All_else_is_refused_with_its_text(string stored, string operand, string min, string max, string message) =>
        Should.Throw<KvException>(() => Sum(stored, operand, min, max)).Message.ShouldBe(message);

    [Fact]
    public void A_key_with_a_counter_takes_no_clamp() =>
        Should.Throw<KvException>(() => Sum("u64:1", "1n", clamp: true)).Message.ShouldBe("Cannot sum KvU64 with BigInt");

    [Theory]
    [InlineData("", "u64:5", "u64:5", "u64:5")]
    [InlineData("u64:3", "u64:5", "u64:3", "u64:5")]
    [InlineData("u64:18446744073709551615", "u64:1", "u64:1", "u64:18446744073709551615")]
    public void Min_and_max_compare_without_sign(string stored, string operand, string least, string most)
    {
        var (before, now) = (Parse(stored), Parse(operand));
        Text(SumValues.Min(before.Encoding, before.Value, now.Encoding, now.Value)).ShouldBe(least);
        Text(SumValues.Max(before.Encoding, before.Value, now.Encoding, now.Value)).ShouldBe(most);
    }

    [Theory]
    [InlineData("1n", "u64:1", " mutation on a non-U64 value in the database")]
    [InlineData("u64:1", "1n", " mutation on a non-U64 operand")]
    [InlineData("", "bytes", " mutation on a non-U64 operand")]
    public void Min_and_max_take_counters_only(string stored, string operand, string message)
    {
        var (before, now) = (Parse(stored), Parse(operand));
        Should.Throw<KvException>(() => SumValues.Min(before.Encoding, before.Value, now.Encoding, now.Value)).Message.ShouldBe("Failed to perform 'min'" + message);
        Should.Throw<KvException>(() => SumValues.Max(before.Encoding, before.Value, now.Encoding, now.Value)).Message.ShouldBe("Failed to perform 'max'" + message);
    }

    static string Sum(string stored, string operand, string min = "", string max = "", bool clamp = false)
    {
        var (before, now) = (Parse(stored), Parse(operand));
        return Text(SumValues.Sum(before.Encoding, before.Value, now.Encoding, now.Value, Parse(min).Value, Parse(max).Value, clamp));
    }

    static (KvEncoding Encoding, byte[] Value) Parse(string text) => text switch
    {
        "" => (KvEncoding.Unspecified, []),
        "bytes" => (KvEncoding.Bytes, [1, 2, 3]),
        "broken" => (KvEncoding.V8, [0xFF, 15, (byte)'N', 1, 2]),
        "empty" => (KvEncoding.V8, []),
        ['"', ..] => (KvEncoding.V8, [0xFF, 15, (byte)'"', 1, (byte)'a']),
        ['u', ..] => (KvEncoding.LittleEndian64, BitConverter.GetBytes(ulong.Parse(text[4..], CultureInfo.InvariantCulture))),
        [.., 'n'] => (KvEncoding.V8, new V8Number(0, BigInteger.Parse(text[..^1], CultureInfo.InvariantCulture)).Write()),
        _ => (KvEncoding.V8, Number(double.Parse(text, CultureInfo.InvariantCulture))),
    };

    /// <summary>As V8 writes it: most integers are no doubles.</summary>
    static byte[] Number(double value)
    {
        var output = new V8Output();
        output.Number(value);
        return output.ToArray();
    }

    static string Text((KvEncoding Encoding, byte[] Value) value)
    {
        if (value.Encoding == KvEncoding.LittleEndian64)
            return "u64:" + BitConverter.ToUInt64(value.Value).ToString(CultureInfo.InvariantCulture);
        value.Encoding.ShouldBe(KvEncoding.V8);
        var number = V8Number.Read(value.Value).ShouldNotBeNull();
        if (number.BigInt is { } integer)
            return integer.ToString(CultureInfo.InvariantCulture) + "n";
        return number.Double.ToString(CultureInfo.InvariantCulture);
    }
}
