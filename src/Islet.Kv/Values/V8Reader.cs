using System.Runtime.InteropServices;
using System.Text;

namespace Islet.Kv.Values;

/// <summary>
/// Reads what V8's ValueSerializer wrote, formats 13 to 16: everything Deno stores but its own objects (Blob, File,
/// CryptoKey …), whose bytes only it knows. Bytes are hostile: depth and count of values are bounded, nothing is made
/// larger than what is there.
/// </summary>
ref partial struct V8Reader
{
    /// <summary>Objects within objects.</summary>
    public const int MaxDepth = 128;

    /// <summary>Values within a value.</summary>
    public const int MaxValues = 100_000;

    readonly List<V8Object> objects = [];
    readonly bool viewsHaveFlags;
    V8Input input;
    int depth;
    int values;

    V8Reader(ReadOnlySpan<byte> bytes, bool brokenVersion13)
    {
        input = new(bytes);
        viewsHaveFlags = input.Version >= 14 || brokenVersion13;
    }

    /// <param name="count">Values in it, itself included.</param>
    /// <exception cref="V8FormatException">No such value, or one beyond the bounds.</exception>
    public static V8Value Read(ReadOnlySpan<byte> bytes, out int count)
    {
        if (bytes is not [V8Tag.Version, 13, ..])
            return Read(bytes, brokenVersion13: false, out count);
        try
        {
            return Read(bytes, brokenVersion13: false, out count);
        }
        catch (V8FormatException)
        {
            // for a while V8 wrote the views of version 14 and called it 13; it reads such bytes in two attempts itself
            return Read(bytes, brokenVersion13: true, out count);
        }
    }

    static V8Value Read(ReadOnlySpan<byte> bytes, bool brokenVersion13, out int count)
    {
        var reader = new V8Reader(bytes, brokenVersion13);
        var value = reader.Root();
        count = reader.values;
        return value;
    }

    V8Value Root()
    {
        if (input.Version < 13)
            throw new V8FormatException($"version {input.Version} is not read here");
        var value = Value();
        return input.Left == 0 ? value : throw new V8FormatException($"{input.Left} bytes follow the value");
    }

    V8Value Value()
    {
        if (++values > MaxValues)
            throw new V8FormatException($"more than {MaxValues} values");
        if (++depth > MaxDepth)
            throw new V8FormatException($"deeper than {MaxDepth}");
        var value = OfTag(input.Tag());
        // a view stands behind its buffer, which may be a reference
        if (BufferOf(value) is { } buffer && input.Peek() == V8Tag.View)
            value = View(buffer);
        depth--;
        return value;
    }

    V8Value OfTag(byte tag)
    {
        switch (tag)
        {
            case V8Tag.ObjectCount:
                input.Varint();
                return Value();
            case V8Tag.Undefined:
                return V8Value.Undefined.Value;
            case V8Tag.Null:
                return V8Value.Null.Value;
            case V8Tag.True:
                return V8Value.Flag.True;
            case V8Tag.False:
                return V8Value.Flag.False;
            case V8Tag.Int32:
                return new V8Value.Number(input.ZigZag());
            case V8Tag.Uint32:
                return new V8Value.Number(input.Varint());
            case V8Tag.Double:
                return new V8Value.Number(input.Double());
            case V8Tag.BigInt:
                return new V8Value.BigInt(input.BigInt());
            case V8Tag.Utf8 or V8Tag.OneByte or V8Tag.TwoByte:
                return new V8Value.Text(Text(tag));
            case V8Tag.Reference:
                return Reference();
            case V8Tag.Object:
                var plain = Add(new V8Object.Plain());
                Properties(plain.Properties, V8Tag.ObjectEnd);
                return plain;
            case V8Tag.Sparse or V8Tag.Dense:
                return Array(tag);
            case V8Tag.Date:
                return Add(new V8Object.Date(input.Double()));
            case V8Tag.TrueObject or V8Tag.FalseObject:
                return Add(new V8Object.Boxed(tag == V8Tag.TrueObject ? V8Value.Flag.True : V8Value.Flag.False));
            case V8Tag.NumberObject:
                return Add(new V8Object.Boxed(new V8Value.Number(input.Double())));
            case V8Tag.BigIntObject:
                return Add(new V8Object.Boxed(new V8Value.BigInt(input.BigInt())));
            case V8Tag.StringObject:
                return Add(new V8Object.Boxed(new V8Value.Text(Text(input.Tag()))));
            case V8Tag.RegExp:
                return RegExp();
            case V8Tag.Map:
                return Map();
            case V8Tag.Set:
                return Set();
            case V8Tag.ArrayBuffer or V8Tag.ResizableArrayBuffer:
                return Buffer(tag);
            case V8Tag.Error:
                return Error();
            case V8Tag.HostObject:
                throw new V8FormatException("an object of the runtime, which only it can read");
            default:
                throw new V8FormatException($"a value begins with {tag:x2}");
        }
    }

    T Add<T>(T value)
        where T : V8Object
    {
        value.Id = objects.Count;
        objects.Add(value);
        return value;
    }

    string Text(byte tag)
    {
        var bytes = input.Raw(input.Varint());
        return tag switch
        {
            V8Tag.Utf8 => Encoding.UTF8.GetString(bytes),
            V8Tag.OneByte => Encoding.Latin1.GetString(bytes),
            // not Encoding.Unicode, which replaces a lonely surrogate
            V8Tag.TwoByte when bytes.Length % sizeof(char) == 0 => new string(MemoryMarshal.Cast<byte, char>(bytes)),
            _ => throw new V8FormatException("no string where one has to be"),
        };
    }

    V8Value.Reference Reference()
    {
        var id = input.Varint();
        if (id >= objects.Count)
            throw new V8FormatException($"object {id} is not there");
        var target = objects[(int)id];
        target.IsReferenced = true;
        return new(target);
    }
}
