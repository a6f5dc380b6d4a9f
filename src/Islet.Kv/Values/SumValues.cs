using System.Buffers.Binary;
using System.Numerics;
using Islet.Kv.Wire;

namespace Islet.Kv.Values;

/// <summary>
/// What the mutations sum, min and max make of a stored value and an operand.
/// <code>
///   stored        operand   result
///   u64           u64       u64, modulo 2^64
///   u64           bigint    u64, when the operand fits and there is neither a range nor clamp
///   number        number    number, within the range
///   bigint        bigint    bigint, within the range
///   missing       any       the operand
/// </code>
/// All else is a <see cref="KvException"/> with the text that clients know.
/// </summary>
public static class SumValues
{
    /// <param name="storedEncoding">Unspecified: the key is missing.</param>
    /// <param name="min">A V8 value of the operand's type that the result must not be below; empty: none. Likewise <paramref name="max"/>.</param>
    /// <param name="clamp">A result out of range becomes the limit instead of an error.</param>
    /// <exception cref="KvException"/>
    public static (KvEncoding Encoding, byte[] Value) Sum(
        KvEncoding storedEncoding, ReadOnlySpan<byte> stored, KvEncoding operandEncoding, ReadOnlySpan<byte> operand,
        ReadOnlySpan<byte> min, ReadOnlySpan<byte> max, bool clamp)
    {
        if (operandEncoding != KvEncoding.LittleEndian64)
            return SumV8(storedEncoding, stored, operandEncoding, operand, min, max, clamp);
        if (!min.IsEmpty || !max.IsEmpty)
            throw new KvException("Cannot use min/max parameters with KvU64 operands");
        var (before, now) = U64s("sum", storedEncoding, stored, operandEncoding, operand);
        return U64(unchecked((before ?? 0) + now));
    }

    /// <exception cref="KvException"/>
    public static (KvEncoding Encoding, byte[] Value) Min(
        KvEncoding storedEncoding, ReadOnlySpan<byte> stored, KvEncoding operandEncoding, ReadOnlySpan<byte> operand)
    {
        var (before, now) = U64s("min", storedEncoding, stored, operandEncoding, operand);
        return U64(Math.Min(before ?? now, now));
    }

    /// <exception cref="KvException"/>
    public static (KvEncoding Encoding, byte[] Value) Max(
        KvEncoding storedEncoding, ReadOnlySpan<byte> stored, KvEncoding operandEncoding, ReadOnlySpan<byte> operand)
    {
        var (before, now) = U64s("max", storedEncoding, stored, operandEncoding, operand);
        return U64(Math.Max(before ?? now, now));
    }

    static (KvEncoding Encoding, byte[] Value) SumV8(
        KvEncoding storedEncoding, ReadOnlySpan<byte> stored, KvEncoding operandEncoding, ReadOnlySpan<byte> operand,
        ReadOnlySpan<byte> min, ReadOnlySpan<byte> max, bool clamp)
    {
        var now = Parameter(operandEncoding, operand);
        V8Number? least = min.IsEmpty ? null : Parameter(KvEncoding.V8, min);
        V8Number? most = max.IsEmpty ? null : Parameter(KvEncoding.V8, max);
        if (IsOther(least, now) || IsOther(most, now))
            throw new KvException("Min/max parameters have different types than the operand");

        if (storedEncoding == KvEncoding.Unspecified)
            return (KvEncoding.V8, now.Write());
        if (storedEncoding == KvEncoding.LittleEndian64)
        {
            if (now.BigInt is not { } integer || least is not null || most is not null || clamp || integer < 0 || integer > ulong.MaxValue)
                throw new KvException($"Cannot sum KvU64 with {NameOf(now)}");
            return U64(unchecked(ReadU64(stored) + (ulong)integer));
        }

        var before = Stored(storedEncoding, stored);
        if (IsOther(before, now))
            throw new KvException($"Cannot sum {NameOf(before)} with {NameOf(now)}");
        var sum = now.BigInt is { } addend ? new V8Number(0, before.BigInt + addend) : new V8Number(before.Double + now.Double, null);
        if (least is { } floor && IsLess(sum, floor))
            sum = clamp ? floor : throw OutOfRange();
        if (most is { } ceiling && IsLess(ceiling, sum))
            sum = clamp ? ceiling : throw OutOfRange();
        return (KvEncoding.V8, sum.Write());
    }

    static V8Number Parameter(KvEncoding encoding, ReadOnlySpan<byte> value)
    {
        const string Invalid = "Some of the parameters are not valid V8 values";
        try
        {
            return (encoding == KvEncoding.V8 ? V8Number.Read(value) : null) ?? throw new KvException(Invalid);
        }
        catch (V8FormatException)
        {
            throw new KvException(Invalid);
        }
    }

    static V8Number Stored(KvEncoding encoding, ReadOnlySpan<byte> value)
    {
        if (encoding == KvEncoding.V8 && value.IsEmpty)
            throw new KvException("operand cannot be empty");
        try
        {
            return (encoding == KvEncoding.V8 ? V8Number.Read(value) : null) ?? throw new KvException("unsupported value type");
        }
        catch (V8FormatException)
        {
            throw new KvException("invalid v8 value");
        }
    }

    static bool IsOther(V8Number? value, V8Number operand) => value is { } given && given.BigInt.HasValue != operand.BigInt.HasValue;

    static bool IsLess(V8Number left, V8Number right) => left.BigInt is { } integer ? integer < right.BigInt : left.Double < right.Double;

    static string NameOf(V8Number value) => value.BigInt.HasValue ? "BigInt" : "Number";

    static KvException OutOfRange() => new("The result of a Sum operation would exceed its range limit");

    static (ulong? Before, ulong Now) U64s(
        string mutation, KvEncoding storedEncoding, ReadOnlySpan<byte> stored, KvEncoding operandEncoding, ReadOnlySpan<byte> operand)
    {
        if (operandEncoding != KvEncoding.LittleEndian64 || operand.Length != sizeof(ulong))
            throw new KvException($"Failed to perform '{mutation}' mutation on a non-U64 operand");
        if (storedEncoding == KvEncoding.Unspecified)
            return (null, ReadU64(operand));
        if (storedEncoding != KvEncoding.LittleEndian64 || stored.Length != sizeof(ulong))
            throw new KvException($"Failed to perform '{mutation}' mutation on a non-U64 value in the database");
        return (ReadU64(stored), ReadU64(operand));
    }

    static ulong ReadU64(ReadOnlySpan<byte> value) => value.Length == sizeof(ulong)
        ? BinaryPrimitives.ReadUInt64LittleEndian(value)
        : throw new KvException("unsupported value type");

    static (KvEncoding Encoding, byte[] Value) U64(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return (KvEncoding.LittleEndian64, bytes);
    }
}
