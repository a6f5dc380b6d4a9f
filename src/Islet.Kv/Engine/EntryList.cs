using Islet.Kv.Wire;

namespace Islet.Kv.Engine;

/// <summary>An entry that was read.</summary>
/// <param name="ExpireAt">Milliseconds since 1970; 0 is never.</param>
public sealed record KvEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, KvEncoding Encoding, long Version, long ExpireAt);

/// <summary>What a read finds, kept.</summary>
sealed class EntryList : IEntrySink
{
    public List<List<KvEntry>> Ranges { get; } = [];

    public void BeginRange() => Ranges.Add([]);

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt) =>
        Ranges[^1].Add(new(key.ToArray(), value.ToArray(), encoding, version, expireAt));
}
