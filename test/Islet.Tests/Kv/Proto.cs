using System.Buffers;
using Islet.Kv.Wire;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

/// <summary>Messages as a client of KV Connect sends them.</summary>
static class Proto
{
    public static byte[] Write(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    public static byte[] Check(string key, byte[] stamp) => Message(1, [.. Field(1, Key(key)), .. Field(2, stamp)]);

    public static byte[] Mutation(int kind, string key, byte[] value, int encoding, long expireAt = 0) => Message(2, [
        .. Field(1, Key(key)), .. Field(2, [.. Field(1, value), .. Field(2, (ulong)encoding)]), .. Field(3, (ulong)kind), .. Field(4, (ulong)expireAt)]);

    public static byte[] Enqueue(string payload, long deadline, uint[] backoff, params string[] keys) => Message(3, [
        .. Field(1, Key(payload)), .. Field(2, (ulong)deadline), .. keys.SelectMany(key => Field(3, Key(key))), .. Packed(4, backoff)]);

    public static byte[] Range(string start, string end, int limit) =>
        Message(1, [.. Field(1, Key(start)), .. Field(2, Key(end)), .. Field(3, (ulong)limit)]);

    public static byte[] Stamp(long version)
    {
        var stamp = new byte[Versionstamp.Length];
        Versionstamp.Write(stamp, version);
        return stamp;
    }

    public static byte[] Message(int field, byte[] bytes) => Field(field, bytes);

    public static byte[] Field(int field, byte[] bytes)
    {
        var output = new ArrayBufferWriter<byte>();
        ProtoWriter.Bytes(output, field, bytes);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Field(int field, ulong number)
    {
        var output = new ArrayBufferWriter<byte>();
        ProtoWriter.Number(output, field, number);
        return output.WrittenSpan.ToArray();
    }

    static byte[] Packed(int field, uint[] numbers)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var number in numbers)
            ProtoWriter.Packed(output, number);
        return Field(field, output.WrittenSpan.ToArray());
    }
}
