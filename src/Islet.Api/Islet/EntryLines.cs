using System.Text.Json;
using System.Text.Unicode;
using Islet.Api.Wire;
using Islet.Contracts;
using Islet.Kv.Keys;
using Islet.Kv.Values;
using Islet.Kv.Wire;

namespace Islet.Api.Islet;

/// <summary>Entries as lines of JSON. Empty lines are none.</summary>
sealed class EntryLines(ReadOnlyMemory<byte> text)
{
    const int MaxLine = 4 << 20; // with what is shown of the value for the eyes
    const int BatchEntries = 500;
    const int BatchBytes = 400_000;
    const int BatchKeyBytes = 40_000;
    const int MaxKey = 2048;
    const int MaxValue = 65_536;

    static readonly JsonDocumentOptions Json = new() { MaxDepth = 800, AllowDuplicateProperties = false };

    static readonly string[] Members = ["key", "value", "versionstamp", "expireAt"];

    /// <summary>How many entries there are.</summary>
    /// <exception cref="WireException">One is wrong; the field begins with its line.</exception>
    public int Check()
    {
        var (count, number) = (0, 0);
        foreach (var line in Lines())
        {
            number++;
            if (line.IsEmpty)
                continue;
            Read(line, number);
            count++;
        }
        return count;
    }

    /// <summary>What writes them, in parts that one commit may have.</summary>
    public IEnumerable<Mutation[]> Batches()
    {
        var batch = new List<Mutation>();
        var (bytes, keyBytes, number) = (0, 0, 0);
        foreach (var line in Lines())
        {
            number++;
            if (line.IsEmpty)
                continue;
            var set = Read(line, number);
            batch.Add(set);
            bytes += set.Key.Length + set.Value.Length;
            keyBytes += set.Key.Length;
            if (batch.Count < BatchEntries && bytes < BatchBytes && keyBytes < BatchKeyBytes)
                continue;
            yield return [.. batch];
            batch.Clear();
            (bytes, keyBytes) = (0, 0);
        }
        if (batch.Count > 0)
            yield return [.. batch];
    }

    IEnumerable<ReadOnlyMemory<byte>> Lines()
    {
        for (var rest = text; !rest.IsEmpty;)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            yield return line.Span is [.., (byte)'\r'] ? line[..^1] : line;
            rest = end < 0 ? default : rest[(end + 1)..];
        }
    }

    static Mutation Read(ReadOnlyMemory<byte> line, int number)
    {
        var path = $"line {number}";
        if (line.Length > MaxLine)
            throw new WireException(path, $"must not have more than {MaxLine} bytes");
        if (!Utf8.IsValid(line.Span))
            throw new WireException(path, "is not valid UTF-8");
        try
        {
            using var json = JsonDocument.Parse(line, Json);
            return Read(json.RootElement, path);
        }
        catch (JsonException)
        {
            throw new WireException(path, "is not valid JSON, has a member twice or is too deep");
        }
        catch (KvJsonException problem)
        {
            throw problem.ToWire();
        }
    }

    static Mutation Read(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new WireException(path, "must be an object with key and value");
        foreach (var member in json.EnumerateObject())
            if (!Array.Exists(Members, member.NameEquals))
                throw new WireException(path, $"has a member that is not known here; there is {string.Join(", ", Members)}");
        var key = KvKeyJson.Read(Required(json, "key", path), $"{path}: key");
        if (key.Length is 0 or > MaxKey)
            throw new WireException($"{path}: key", $"must have from 1 to {MaxKey} bytes");
        var (encoding, value) = KvValueJson.Read(Required(json, "value", path), $"{path}: value");
        if (value.Length > MaxValue)
            throw new WireException($"{path}: value", $"must not have more than {MaxValue} bytes");
        return new(MutationKind.Set, key, value, encoding, Expiry(json, $"{path}: expireAt"));
    }

    static JsonElement Required(JsonElement json, string name, string path) =>
        json.TryGetProperty(name, out var member) ? member : throw new WireException($"{path}: {name}", "is missing");

    static long Expiry(JsonElement json, string path) =>
        !json.TryGetProperty("expireAt", out var given) || given.ValueKind == JsonValueKind.Null ? 0
        : given.ValueKind == JsonValueKind.String ? PutEntry.ReadExpiry(given.GetString(), path)
        : throw new WireException(path, "must be a string");
}
