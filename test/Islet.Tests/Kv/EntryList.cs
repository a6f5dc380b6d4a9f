using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Tests.Kv;

/// <summary>What a read finds, kept.</summary>
sealed class EntryList : IEntrySink
{
    public List<List<KvEntry>> Ranges { get; } = [];

    public void BeginRange() => Ranges.Add([]);

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt) =>
        Ranges[^1].Add(new(key.ToArray(), value.ToArray(), encoding, version, expireAt));
}
