using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Kv.Browsing;

/// <summary>Keeps the first entries of a range, as far as there is room.</summary>
/// <param name="limit">Entries.</param>
/// <param name="room">Bytes of keys and values; the first entry has it in any case.</param>
/// <param name="values">False: keys only.</param>
public sealed class EntryPage(int limit, long room, bool values = true)
{
    readonly List<KvEntry> entries = [];

    public IReadOnlyList<KvEntry> Entries => entries;

    /// <summary>Whether there are others after them.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Of the entries, bytes.</summary>
    public long Length { get; private set; }

    internal IEntrySink Sink => new Filling(this);

    void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt)
    {
        if (!values)
            value = [];
        HasMore = HasMore || entries.Count == limit || (entries.Count > 0 && Length + key.Length + value.Length > room);
        if (HasMore)
            return;
        Length += key.Length + value.Length;
        entries.Add(new(key.ToArray(), value.ToArray(), encoding, version, expireAt));
    }

    sealed class Filling(EntryPage page) : IEntrySink
    {
        public void BeginRange()
        {
            // there is one
        }

        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt) => page.Add(key, value, encoding, version, expireAt);
    }
}
