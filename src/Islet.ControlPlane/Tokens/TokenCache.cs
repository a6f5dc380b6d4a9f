using System.Collections.Concurrent;

namespace Islet.ControlPlane.Tokens;

/// <summary>
/// Tokens seen lately, so that most calls need no query. Whoever changes a token, a membership or deletes a project calls
/// <see cref="Forget"/>; other nodes see the change after <see cref="KeptFor"/>.
/// </summary>
public sealed class TokenCache(TimeProvider time)
{
    const int MaxEntries = 10_000;

    public static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(15);

    readonly ConcurrentDictionary<string, CachedToken> entries = new(StringComparer.Ordinal);

    /// <summary>Grows with each <see cref="Forget"/>: what was read before it must not be kept after it.</summary>
    long generation;

    public void Forget()
    {
        Interlocked.Increment(ref generation);
        entries.Clear();
    }

    internal long Generation => Interlocked.Read(ref generation);

    internal CachedToken? Find(string hash) =>
        entries.TryGetValue(hash, out var found) && time.GetUtcNow() - found.ReadAt < KeptFor ? found : null;

    internal void Keep(string hash, CachedToken token, long readInGeneration)
    {
        if (entries.Count >= MaxEntries)
            entries.Clear();
        entries[hash] = token;
        if (Generation != readInGeneration)
            entries.TryRemove(hash, out _);
    }
}

/// <summary>A token with what it opens, as of <paramref name="ReadAt"/>.</summary>
sealed record CachedToken(Caller Caller, DateTimeOffset? ExpiresAt, DateTimeOffset ReadAt);
