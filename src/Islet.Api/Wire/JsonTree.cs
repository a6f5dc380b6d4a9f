using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Islet.Contracts;

namespace Islet.Api.Wire;

/// <summary>One name or value: where it is in the body. <paramref name="Next"/> is the node after it and all below it.</summary>
readonly record struct JsonToken(JsonTokenType Kind, bool Escaped, int Start, int Length, int Next);

/// <summary>
/// The structure of a JSON body without its contents, which stay where they are: strings of a gigabyte cost one node.
/// Number of nodes and depth are bounded; the whole is valid UTF-8.
/// </summary>
sealed class JsonTree
{
    const int MaxNodes = 2_000_000;
    const int UsualDepth = 16;

    readonly ReadOnlyMemory<byte> body;
    readonly int maxDepth;
    readonly List<JsonToken> nodes = [];

    JsonTree(ReadOnlyMemory<byte> body, int maxDepth) => (this.body, this.maxDepth) = (body, maxDepth);

    /// <param name="maxDepth">Levels of objects and arrays.</param>
    public static WireValue Parse(ReadOnlyMemory<byte> body, int maxDepth = UsualDepth)
    {
        if (body.Span.StartsWith("\uFEFF"u8))
            body = body[3..];
        if (body.IsEmpty)
            throw Bad("The body must be a JSON object, but it is empty");
        if (!Utf8.IsValid(body.Span))
            throw Bad("The body is not valid UTF-8");
        var tree = new JsonTree(body, maxDepth);
        try
        {
            tree.Read();
        }
        catch (JsonException exception)
        {
            throw Bad($"The body is not valid JSON, at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}, or deeper than {maxDepth} levels");
        }
        return new(tree, 0, WirePath.Body);
    }

    public JsonToken this[int index] => nodes[index];

    public ReadOnlyMemory<byte> Raw(int index) => body.Slice(nodes[index].Start, nodes[index].Length);

    /// <summary>With the quotes of a string.</summary>
    public ReadOnlyMemory<byte> Whole(int index)
    {
        var node = nodes[index];
        return node.Kind == JsonTokenType.String ? body.Slice(node.Start - 1, node.Length + 2) : Raw(index);
    }

    void Read()
    {
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = maxDepth });
        var open = new Stack<int>(maxDepth);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                Close(open.Pop(), (int)reader.BytesConsumed);
                continue;
            }
            if (nodes.Count >= MaxNodes)
                throw Bad($"The body has more than {MaxNodes} names and values");
            var quote = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? 1 : 0;
            var start = (int)reader.TokenStartIndex + quote;
            nodes.Add(new(reader.TokenType, reader.ValueIsEscaped, start, reader.ValueSpan.Length, nodes.Count + 1));
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                open.Push(nodes.Count - 1);
        }
    }

    void Close(int container, int end)
    {
        ref var node = ref CollectionsMarshal.AsSpan(nodes)[container];
        node = node with { Next = nodes.Count, Length = end - node.Start };
    }

    static WireException Bad(string message) => new(new Refusal(RefusalCode.BadRequest, message));
}
