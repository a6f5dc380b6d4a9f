using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Wire;

/// <summary>Marks reads whose answer has nothing in it but what is in the database.</summary>
sealed class OfRowsOnly
{
    public static readonly OfRowsOnly Instance = new();
}

/// <summary>
/// Answers to reads, given again as long as nothing at all was committed since (see <see cref="RowsVersion"/>). They are
/// the caller's as the token cache has it: what a revoked or changed token was told ends with it, and none grows older
/// than <see cref="TokenCache.KeptFor"/>.
/// </summary>
sealed class UnchangedAnswers(RowsVersion rows)
{
    const int MaxBody = 64 * 1024;
    const long MaxBytes = 16 * 1024 * 1024;

    Epoch current = new(0);

    /// <summary>Null for calls whose answers are not kept. To be called before anything is read.</summary>
    public async ValueTask<Question?> AskAsync(HttpContext http, Caller caller)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<OfRowsOnly>() is null || await rows.ReadAsync() is not { } version)
            return null;
        var epoch = Volatile.Read(ref current);
        if (epoch.Version != version)
            Volatile.Write(ref current, epoch = new(version)); // of two at once one is lost, with what it had
        var request = http.Request;
        return new(epoch, new(caller, $"{request.Scheme}://{request.Host.Value}{request.Path.Value}{request.QueryString.Value}"));
    }

    /// <summary>What was asked, and when.</summary>
    internal sealed record Question(Epoch Epoch, Key Key)
    {
        public JsonAnswer? Answer => Epoch.Answers.GetValueOrDefault(Key);

        public void Keep(JsonAnswer answer)
        {
            if (answer.Status == StatusCodes.Status200OK && answer.Body.Length <= MaxBody && Interlocked.Add(ref Epoch.Bytes, answer.Body.Length) <= MaxBytes)
                Epoch.Answers[Key] = answer;
        }
    }

    /// <summary>The time from one commit to the next.</summary>
    internal sealed class Epoch(long version)
    {
        public long Bytes;

        public long Version => version;

        public ConcurrentDictionary<Key, JsonAnswer> Answers { get; } = new();
    }

    /// <summary>Callers are the same when they are one object; addresses with their host, which links have.</summary>
    internal readonly struct Key(Caller caller, string url) : IEquatable<Key>
    {
        readonly Caller caller = caller;
        readonly string url = url;

        public bool Equals(Key other) => ReferenceEquals(caller, other.caller) && url == other.url;

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(RuntimeHelpers.GetHashCode(caller), url.GetHashCode(StringComparison.Ordinal));
    }
}
