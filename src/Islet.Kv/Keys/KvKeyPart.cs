using System.Numerics;

namespace Islet.Kv.Keys;

/// <summary>One part of a key; the order of the kinds is the order here.</summary>
public abstract record KvKeyPart
{
    public sealed record Bytes(ReadOnlyMemory<byte> Value) : KvKeyPart
    {
        public bool Equals(Bytes? other) => other is not null && Value.Span.SequenceEqual(other.Value.Span);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.AddBytes(Value.Span);
            return hash.ToHashCode();
        }
    }

    public sealed record Text(string Value) : KvKeyPart;

    public sealed record BigInt(BigInteger Value) : KvKeyPart;

    /// <summary>Any double; -0 and 0 are two keys.</summary>
    public sealed record Number(double Value) : KvKeyPart
    {
        public bool Equals(Number? other) => other is not null && BitConverter.DoubleToInt64Bits(Value) == BitConverter.DoubleToInt64Bits(other.Value);

        public override int GetHashCode() => BitConverter.DoubleToInt64Bits(Value).GetHashCode();
    }

    public sealed record Flag(bool Value) : KvKeyPart;
}
