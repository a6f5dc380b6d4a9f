namespace Islet.Kv.Wire;

/// <summary>The message Watch: keys, each in a message of its own.</summary>
static class WatchMessage
{
    /// <exception cref="KvException">No such message, or beyond a limit. Keys are copies: the stream outlives the request.</exception>
    public static List<ReadOnlyMemory<byte>> Decode(ReadOnlyMemory<byte> message)
    {
        var keys = new List<ReadOnlyMemory<byte>>();
        var reader = new ProtoReader(message);
        while (reader.Next())
            if (reader.Field != 1)
                reader.Skip();
            else if (keys.Count <= KvLimits.WatchedKeys)
                keys.Add(DecodeKey(reader.Bytes()).ToArray());
            else
                break;
        KvLimits.Check(keys);
        return keys;
    }

    /// <summary>The one entry of a key.</summary>
    public static ReadRange RangeOf(ReadOnlyMemory<byte> key)
    {
        var end = new byte[key.Length + 1];
        key.CopyTo(end);
        return new(key, end, 1, false);
    }

    static ReadOnlyMemory<byte> DecodeKey(ReadOnlyMemory<byte> message)
    {
        ReadOnlyMemory<byte> key = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
            if (reader.Field == 1)
                key = reader.Bytes();
            else
                reader.Skip();
        return key;
    }
}
