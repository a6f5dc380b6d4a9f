using Islet.Kv.Wire;

namespace Islet.Kv.Engine;

/// <summary>An entry that was read.</summary>
/// <param name="ExpireAt">Milliseconds since 1970; 0 is never.</param>
public sealed record KvEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, KvEncoding Encoding, long Version, long ExpireAt);
