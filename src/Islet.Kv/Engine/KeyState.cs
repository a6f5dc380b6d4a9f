using Islet.Kv.Queues;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine;

/// <summary>What stands at a key, or after a batch shall stand there.</summary>
/// <param name="Version">0: nothing.</param>
/// <param name="ExpireAt">Milliseconds since 1970; 0 is never.</param>
readonly record struct KeyState(ReadOnlyMemory<byte> Value, KvEncoding Encoding, long Version, long ExpireAt)
{
    public bool IsThere(long now) => Version != 0 && (ExpireAt == 0 || ExpireAt > now);
}

/// <summary>What was committed before the batch. Expired entries are absent.</summary>
interface IStored
{
    /// <summary>0: nothing.</summary>
    long FindVersion(ReadOnlyMemory<byte> key, long now);

    KeyState Find(ReadOnlyMemory<byte> key, long now);

    /// <summary>With as many failed tries as it had when it was claimed.</summary>
    bool Has(QueuedMessage message);
}

sealed class KeyComparer : IEqualityComparer<ReadOnlyMemory<byte>>
{
    public static readonly KeyComparer Instance = new();

    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(ReadOnlyMemory<byte> key)
    {
        var hash = default(HashCode); // seeded per process: keys are a tenant's choice
        hash.AddBytes(key.Span);
        return hash.ToHashCode();
    }
}
