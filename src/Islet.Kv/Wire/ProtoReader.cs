namespace Islet.Kv.Wire;

/// <summary>
/// Fields of one protobuf message, in the order they come. Byte fields are slices of what was read. Hostile bytes: what is
/// no message ends in a <see cref="KvException"/>.
/// </summary>
ref struct ProtoReader(ReadOnlyMemory<byte> message)
{
    const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    readonly ReadOnlyMemory<byte> message = message;
    readonly ReadOnlySpan<byte> bytes = message.Span;
    int at;
    int wireType;

    public int Field { get; private set; }

    public bool Next()
    {
        if (at == bytes.Length)
            return false;
        var tag = RawVarint();
        (Field, wireType) = ((int)(tag >> 3), (int)(tag & 7));
        return Field > 0 ? true : throw Malformed();
    }

    public ReadOnlyMemory<byte> Bytes()
    {
        Expect(Delimited);
        var length = RawVarint();
        if (length > (ulong)(bytes.Length - at))
            throw Malformed();
        var slice = message.Slice(at, (int)length);
        at += (int)length;
        return slice;
    }

    public ulong Number()
    {
        Expect(Varint);
        return RawVarint();
    }

    /// <summary>A repeated number, packed or not (proto3 allows both).</summary>
    public void Numbers(List<uint> into, int max)
    {
        if (wireType == Varint)
        {
            Take(into, RawVarint(), max);
            return;
        }
        var packed = new ProtoReader(Bytes());
        while (packed.at < packed.bytes.Length)
            Take(into, packed.RawVarint(), max);
    }

    public void Skip()
    {
        switch (wireType)
        {
            case Varint:
                RawVarint();
                break;
            case Fixed64:
                Move(8);
                break;
            case Delimited:
                Bytes();
                break;
            case Fixed32:
                Move(4);
                break;
            default:
                throw Malformed();
        }
    }

    /// <summary>How often a field is there, so that arrays are made in their size.</summary>
    public static int Count(ReadOnlyMemory<byte> message, int field)
    {
        var reader = new ProtoReader(message);
        var count = 0;
        while (reader.Next())
        {
            if (reader.Field == field)
                count++;
            reader.Skip();
        }
        return count;
    }

    public static KvException Malformed() => new("The request body is no valid message.");

    static void Take(List<uint> into, ulong value, int max)
    {
        if (into.Count <= max) // one too many is enough to be refused for
            into.Add((uint)Math.Min(value, uint.MaxValue));
    }

    void Expect(int type)
    {
        if (wireType != type)
            throw Malformed();
    }

    void Move(int count)
    {
        if (bytes.Length - at < count)
            throw Malformed();
        at += count;
    }

    ulong RawVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at == bytes.Length)
                throw Malformed();
            var part = bytes[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
        throw Malformed();
    }
}
