namespace Islet.Kv.Wire;

/// <summary>MutationType of KV Connect.</summary>
public enum MutationKind
{
    Unspecified = 0,
    Set = 1,
    Delete = 2,
    Sum = 3,
    Max = 4,
    Min = 5,

    /// <summary>A set whose key gets the versionstamp of the commit as a last part.</summary>
    SetSuffixVersionstampedKey = 9,
}

/// <param name="ExpireAt">Milliseconds since 1970; 0 is never.</param>
public readonly record struct Mutation(
    MutationKind Kind, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, KvEncoding Encoding, long ExpireAt)
{
    /// <summary>Of a sum: V8 bytes, empty when there is none.</summary>
    public ReadOnlyMemory<byte> Min { get; init; }

    /// <inheritdoc cref="Min"/>
    public ReadOnlyMemory<byte> Max { get; init; }

    public bool Clamp { get; init; }

    internal static Mutation Decode(ReadOnlyMemory<byte> message)
    {
        ReadOnlyMemory<byte> key = default, min = default, max = default;
        (ReadOnlyMemory<byte> Data, KvEncoding Encoding)? value = null;
        var (kind, expireAt, clamp) = (0ul, 0L, false);
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    key = reader.Bytes();
                    break;
                case 2:
                    value = DecodeValue(reader.Bytes());
                    break;
                case 3:
                    kind = reader.Number();
                    break;
                case 4:
                    expireAt = (long)reader.Number();
                    break;
                case 5:
                    min = reader.Bytes();
                    break;
                case 6:
                    max = reader.Bytes();
                    break;
                case 7:
                    clamp = reader.Number() != 0;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        if (expireAt < -1)
            throw new KvException("The expiration time of a mutation is invalid.");
        var known = kind is (>= 1 and <= 5) or 9 ? (MutationKind)kind : MutationKind.Unspecified;
        if (known == MutationKind.Unspecified || (known != MutationKind.Delete && value is null))
            throw new KvException("Invalid mutation kind or arguments.");
        return new(known, key, value?.Data ?? default, value?.Encoding ?? default, Math.Max(expireAt, 0)) { Min = min, Max = max, Clamp = clamp };
    }

    static (ReadOnlyMemory<byte>, KvEncoding) DecodeValue(ReadOnlyMemory<byte> message)
    {
        ReadOnlyMemory<byte> data = default;
        var encoding = 0ul;
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    data = reader.Bytes();
                    break;
                case 2:
                    encoding = reader.Number();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        if (encoding is < 1 or > 3)
            throw new KvException("Unknown encoding of a value.");
        if (encoding == (int)KvEncoding.LittleEndian64 && data.Length != sizeof(ulong))
            throw new KvException("A u64 value must have 8 bytes.");
        return (data, (KvEncoding)encoding);
    }
}
