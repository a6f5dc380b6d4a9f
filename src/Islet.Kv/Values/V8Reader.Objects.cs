using System.Globalization;

namespace Islet.Kv.Values;

ref partial struct V8Reader
{
    /// <summary>In the order of the bits.</summary>
    const string RegExpFlags = "gimyusldv";

    void Properties(List<KeyValuePair<string, V8Value>> properties, byte end)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        while (input.Peek() != end)
        {
            var name = Name();
            if (!names.Add(name))
                throw new V8FormatException("a property is there twice");
            properties.Add(new(name, Value()));
        }
        End(properties.Count);
    }

    string Name()
    {
        var tag = input.Tag();
        return tag switch
        {
            V8Tag.Int32 => input.ZigZag().ToString(CultureInfo.InvariantCulture),
            V8Tag.Uint32 => input.Varint().ToString(CultureInfo.InvariantCulture),
            V8Tag.Double => input.Double().ToString(CultureInfo.InvariantCulture),
            _ => Text(tag),
        };
    }

    /// <summary>The tag that was seen, and how many there were.</summary>
    void End(int count)
    {
        input.Tag();
        if (input.Varint() != count)
            throw new V8FormatException("the count of members is another");
    }

    V8Object.Array Array(byte tag)
    {
        var length = input.Varint();
        if (tag == V8Tag.Dense && length > input.Left)
            throw new V8FormatException("an array is longer than the value");
        var array = Add(new V8Object.Array(length));
        for (var i = 0; tag == V8Tag.Dense && i < length; i++)
            array.Elements.Add(input.Peek() == V8Tag.Hole ? Hole() : Value());
        Properties(array.Properties, tag == V8Tag.Dense ? V8Tag.DenseEnd : V8Tag.SparseEnd);
        if (input.Varint() != length)
            throw new V8FormatException("the length of an array is another at its end");
        Fill(array);
        return array;
    }

    /// <summary>An array that once had holes is written like one that has some.</summary>
    static void Fill(V8Object.Array array)
    {
        if (array.Elements.Count > 0 || array.Properties.Count != array.Length)
            return;
        for (var i = 0; i < array.Properties.Count; i++)
            if (array.Properties[i].Key != i.ToString(CultureInfo.InvariantCulture))
                return;
        array.Elements.AddRange(array.Properties.Select(property => property.Value));
        array.Properties.Clear();
    }

    V8Value.Hole Hole()
    {
        input.Tag();
        return V8Value.Hole.Value;
    }

    V8Object.Map Map()
    {
        var map = Add(new V8Object.Map());
        while (input.Peek() != V8Tag.MapEnd)
        {
            var key = Value();
            map.Entries.Add(new(key, Value()));
        }
        End(map.Entries.Count * 2);
        return map;
    }

    V8Object.Set Set()
    {
        var set = Add(new V8Object.Set());
        while (input.Peek() != V8Tag.SetEnd)
            set.Values.Add(Value());
        End(set.Values.Count);
        return set;
    }

    V8Object.RegExp RegExp()
    {
        var source = Text(input.Tag());
        var flags = input.Varint();
        if (flags >> RegExpFlags.Length != 0)
            throw new V8FormatException("a regular expression has unknown flags");
        return Add(new V8Object.RegExp(source, string.Concat(RegExpFlags.Where((_, bit) => (flags >> bit & 1) != 0))));
    }

    V8Object.Buffer Buffer(byte tag)
    {
        var length = input.Varint();
        uint? most = tag == V8Tag.ResizableArrayBuffer ? input.Varint() : null;
        return most < length
            ? throw new V8FormatException("a buffer is longer than it may be")
            : Add(new V8Object.Buffer(input.Raw(length).ToArray(), most));
    }

    static V8Object.Buffer? BufferOf(V8Value value) => (value is V8Value.Reference reference ? reference.Target : value) as V8Object.Buffer;

    V8Object.View View(V8Object.Buffer buffer)
    {
        input.Tag();
        var (type, size) = TypeOf(input.Varint());
        var (offset, length) = (input.Varint(), input.Varint());
        const uint FollowsBuffer = 1;
        if (viewsHaveFlags && (input.Varint() & FollowsBuffer) != 0 && offset <= buffer.Bytes.Length)
            length = ((uint)buffer.Bytes.Length - offset) / size * size;
        if (offset > buffer.Bytes.Length || length > buffer.Bytes.Length - offset || offset % size != 0 || length % size != 0)
            throw new V8FormatException("a view is not within its buffer");
        return Add(new V8Object.View(type, buffer, (int)offset, (int)length));
    }

    static (string Type, uint Size) TypeOf(uint tag) => (char)tag switch
    {
        'b' => ("Int8Array", 1),
        'B' => ("Uint8Array", 1),
        'C' => ("Uint8ClampedArray", 1),
        'w' => ("Int16Array", 2),
        'W' => ("Uint16Array", 2),
        'd' => ("Int32Array", 4),
        'D' => ("Uint32Array", 4),
        'h' => ("Float16Array", 2),
        'f' => ("Float32Array", 4),
        'F' => ("Float64Array", 8),
        'q' => ("BigInt64Array", 8),
        'Q' => ("BigUint64Array", 8),
        '?' => ("DataView", 1),
        _ => throw new V8FormatException("a view of an unknown type"),
    };

    V8Object.Error Error()
    {
        var error = Add(new V8Object.Error());
        while (true)
            switch ((char)input.Varint())
            {
                case '.':
                    return error;
                case 'E':
                    error.Name = "EvalError";
                    break;
                case 'R':
                    error.Name = "RangeError";
                    break;
                case 'F':
                    error.Name = "ReferenceError";
                    break;
                case 'S':
                    error.Name = "SyntaxError";
                    break;
                case 'T':
                    error.Name = "TypeError";
                    break;
                case 'U':
                    error.Name = "URIError";
                    break;
                case 'm':
                    error.Message = Text(input.Tag());
                    break;
                case 's':
                    error.Stack = Text(input.Tag());
                    break;
                case 'c':
                    error.Cause = Value();
                    break;
                default:
                    throw new V8FormatException("an error has an unknown part");
            }
    }
}
