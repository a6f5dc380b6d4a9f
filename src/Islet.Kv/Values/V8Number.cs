using System.Buffers.Binary;
using System.Numerics;

namespace Islet.Kv.Values;

/// <summary>A number or a bigint of JavaScript; one of both.</summary>
readonly record struct V8Number(double Double, BigInteger? BigInt)
{
    /// <summary>Null: a value of another type.</summary>
    /// <exception cref="V8FormatException"/>
    public static V8Number? Read(ReadOnlySpan<byte> v8)
    {
        var input = new V8Input(v8);
        var tag = input.Tag();
        if (tag == V8Tag.ObjectCount)
        {
            input.Varint();
            tag = input.Tag();
        }
        return tag switch
        {
            V8Tag.Int32 => new(input.ZigZag(), null),
            V8Tag.Uint32 => new(input.Varint(), null),
            V8Tag.Double => new(input.Double(), null),
            V8Tag.BigInt => new(0, input.BigInt()),
            _ => null,
        };
    }

    /// <summary>A number is always written as a double.</summary>
    public byte[] Write()
    {
        if (BigInt is { } integer)
        {
            var output = new V8Output();
            output.BigInt(integer);
            return output.ToArray();
        }
        var bytes = new byte[3 + sizeof(double)];
        bytes[0] = V8Tag.Version;
        bytes[1] = V8Output.Version;
        bytes[2] = V8Tag.Double;
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(3), Double);
        return bytes;
    }
}
