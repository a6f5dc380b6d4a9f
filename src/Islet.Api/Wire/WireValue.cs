using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Islet.ControlPlane;
using Islet.ControlPlane.Assets;
using Islet.Contracts;

namespace Islet.Api.Wire;

/// <summary>A value of the body together with its path, so that each reading error names the member.</summary>
sealed class WireValue(JsonTree tree, int node, WirePath path)
{
    /// <summary>Raw bytes of a string that is a setting; the rules of the settings are narrower.</summary>
    const int MaxText = 128 * 1024;

    const int MaxName = 8 * 1024;

    public bool IsNull => tree[node].Kind == JsonTokenType.Null;

    /// <summary>The members of an object of known shape: unknown ones are ignored, double ones refused.</summary>
    public WireObject Object() => new(this, path, Entries(known: true));

    /// <summary>The entries of an object whose names the client chose.</summary>
    public List<KeyValuePair<string, WireValue>> Entries() => Entries(known: false);

    public List<WireValue> Items()
    {
        Expect(JsonTokenType.StartArray, "an array");
        var items = new List<WireValue>();
        for (var index = node + 1; index < tree[node].Next; index = tree[index].Next)
            items.Add(new(tree, index, path.Item(items.Count)));
        return items;
    }

    public string Text()
    {
        Expect(JsonTokenType.String, "a string");
        return tree[node].Length <= MaxText ? Decode(node) : throw Bad("is too long");
    }

    public bool Flag() => tree[node].Kind switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Bad("must be true or false"),
    };

    public int Integer()
    {
        if (tree[node].Kind == JsonTokenType.Number
            && Utf8Parser.TryParse(tree.Raw(node).Span, out int number, out var used) && used == tree[node].Length)
            return number;
        throw Bad("must be an integer of at most 32 bits");
    }

    public long LongInteger()
    {
        if (tree[node].Kind == JsonTokenType.Number
            && Utf8Parser.TryParse(tree.Raw(node).Span, out long number, out var used) && used == tree[node].Length)
            return number;
        throw Bad("must be an integer of at most 64 bits");
    }

    /// <summary>The value with all that is in it, for those who read JSON by themselves.</summary>
    public JsonElement Json(int depth)
    {
        var raw = tree.Whole(node).Span;
        var reader = new Utf8JsonReader(raw, new JsonReaderOptions { MaxDepth = depth });
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>A string that stays in the body, to be stored as a file.</summary>
    public AssetContent Content(bool base64)
    {
        Expect(JsonTokenType.String, "a string");
        return JsonContent.Create(tree.Raw(node), tree[node].Escaped, base64)
            ?? throw Bad(base64 ? "is not valid base64 with padding" : "contains half of a surrogate pair");
    }

    /// <summary>The body itself is no field.</summary>
    public WireException Bad(string problem) =>
        path.IsBody ? new(new Refusal(RefusalCode.BadRequest, $"The body {problem}")) : new(path.ToString(), problem);

    List<KeyValuePair<string, WireValue>> Entries(bool known)
    {
        Expect(JsonTokenType.StartObject, "an object");
        var entries = new List<KeyValuePair<string, WireValue>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var index = node + 1; index < tree[node].Next; index = tree[index + 1].Next)
        {
            if (tree[index].Length > MaxName)
                throw Bad("has a member with a name that is too long");
            var name = Decode(index);
            var member = known ? path.Member(name) : path.Entry(name);
            if (!names.Add(name))
                throw new WireException(path.Entry(name).ToString(), "is given twice");
            entries.Add(new(name, new(tree, index + 1, member)));
        }
        return entries;
    }

    string Decode(int index)
    {
        var raw = tree.Raw(index).Span;
        if (!tree[index].Escaped)
            return Encoding.UTF8.GetString(raw);
        var buffer = ArrayPool<byte>.Shared.Rent(raw.Length + 4);
        try
        {
            var text = new JsonText(raw, escaped: true);
            var length = text.Read(buffer);
            return text.Broken ? throw Bad("contains half of a surrogate pair") : Encoding.UTF8.GetString(buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    void Expect(JsonTokenType kind, string what)
    {
        if (tree[node].Kind != kind)
            throw Bad(IsNull ? $"must be {what}, not null" : $"must be {what}");
    }
}

/// <summary>An object of known shape.</summary>
sealed class WireObject
{
    readonly WireValue self;
    readonly WirePath path;
    readonly Dictionary<string, WireValue> members;

    public WireObject(WireValue self, WirePath path, List<KeyValuePair<string, WireValue>> entries)
    {
        (this.self, this.path) = (self, path);
        members = new(entries.Count, StringComparer.Ordinal);
        foreach (var (name, value) in entries)
            members.Add(name, value);
    }

    public WireValue Required(string name) =>
        members.TryGetValue(name, out var value) ? value : throw new WireException(path.Member(name).ToString(), "is missing");

    /// <summary>Null when the member is absent or null: the wire takes both for the same.</summary>
    public WireValue? Optional(string name) => members.TryGetValue(name, out var value) && !value.IsNull ? value : null;

    /// <summary>Where null says something else than nothing; absent is null.</summary>
    public WireValue? Find(string name) => members.GetValueOrDefault(name);

    /// <summary>For requests that shall not be misunderstood: a member that is not one of these is refused.</summary>
    public WireObject Only(params IEnumerable<string> names)
    {
        var known = names.ToList();
        foreach (var name in members.Keys)
            if (!known.Contains(name, StringComparer.Ordinal))
                throw new WireException(path.Entry(name).ToString(), $"is not known here; there is {string.Join(", ", known)}");
        return this;
    }

    public WireException Bad(string problem) => self.Bad(problem);
}
