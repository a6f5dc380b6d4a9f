using Islet.Kv.Wire;

namespace Islet.Kv.Engine;

/// <summary>Takes what a read finds: the ranges in the order they were asked for. Spans are valid during the call only.</summary>
interface IEntrySink
{
    void BeginRange();

    /// <param name="expireAt">Milliseconds since 1970; 0 is never.</param>
    void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt);
}
