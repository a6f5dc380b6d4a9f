using Islet.Kv.Wire;

namespace Islet.Kv.Browsing;

/// <summary>Keys from <see cref="Start"/>, with it, to <see cref="End"/>, without it.</summary>
public readonly record struct EntryRange(ReadOnlyMemory<byte> Start, ReadOnlyMemory<byte> End)
{
    /// <summary>Everything: no key is longer.</summary>
    static readonly byte[] Last = [.. Enumerable.Repeat((byte)0xFF, KvLimits.ReadKey)];

    public bool IsEmpty => Start.Span.SequenceCompareTo(End.Span) >= 0;

    /// <summary>The keys that have these parts and at least one more; without parts all there are.</summary>
    public static EntryRange Below(ReadOnlySpan<byte> prefix) =>
        prefix.IsEmpty ? new(ReadOnlyMemory<byte>.Empty, Last) : new((byte[])[.. prefix, 0], (byte[])[.. prefix, 0xFF]);

    public static EntryRange Of(ReadOnlySpan<byte> key) => new(key.ToArray(), (byte[])[.. key, 0]);

    /// <summary>What of it is from <paramref name="start"/> on.</summary>
    public EntryRange From(ReadOnlyMemory<byte> start) => start.Span.SequenceCompareTo(Start.Span) > 0 ? this with { Start = start } : this;

    /// <summary>What of it is before <paramref name="end"/>.</summary>
    public EntryRange Until(ReadOnlyMemory<byte> end) => end.Span.SequenceCompareTo(End.Span) < 0 ? this with { End = end } : this;

    /// <summary>What comes after a key in the order of a list.</summary>
    public EntryRange After(ReadOnlySpan<byte> key, bool descending) =>
        descending ? Until(key.ToArray()) : From((byte[])[.. key, 0]);
}
