using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Retries;

/// <summary>What a call with an idempotency key was told the first time.</summary>
public sealed record FirstAnswer(int Status, byte[] Body);

/// <summary>A key that this call has for itself until it gives it back or leaves an answer.</summary>
public sealed record ClaimedKey(Guid Token, byte[] KeyHash);

/// <summary>
/// Answers of calls that came with an idempotency key, for a day. The claim is a row before the call does anything, so a
/// node that ends in between leaves a key without an answer: that is told, and never done twice.
/// </summary>
public sealed class KeptAnswers(IServiceScopeFactory scopes, SecretVault vault, TimeProvider time)
{
    const string Belonging = "kept answer";

    static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    /// <summary>How long a call of another node may be under way.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Keys of calls that are under way here.</summary>
    readonly ConcurrentDictionary<(Guid, string), byte> running = new();

    /// <summary>Gives the first answer, or the claim that there is none yet.</summary>
    /// <param name="requestHash">Of all that makes a call the same.</param>
    public async Task<Outcome<(FirstAnswer? Answer, ClaimedKey Claim)>> ClaimAsync(
        Guid token, string key, byte[] requestHash, CancellationToken cancellation)
    {
        var claim = new ClaimedKey(token, SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        if (!running.TryAdd(NameOf(claim), 0))
            return TooSoon();
        var mine = false;
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
            var now = time.Moment();
            var old = now - KeptFor;
            await db.KeptAnswers.Where(row => row.CreatedAt < old).ExecuteDeleteAsync(cancellation);
            if (await db.KeptAnswers.AsNoTracking().FirstOrDefaultAsync(row => row.TokenId == token && row.KeyHash == claim.KeyHash, cancellation) is { } found)
                return Answer(found, requestHash, claim, now);
            db.KeptAnswers.Add(new() { TokenId = token, KeyHash = claim.KeyHash, RequestHash = requestHash, CreatedAt = now });
            await db.SaveChangesAsync(cancellation);
            mine = true;
            return (null, claim);
        }
        catch (DbUpdateException exception) when (exception.InnerException is DbException { SqlState: "23505" })
        {
            return TooSoon(); // another node was first
        }
        finally
        {
            if (!mine)
                running.TryRemove(NameOf(claim), out _);
        }
    }

    /// <summary>From here on the key is answered so.</summary>
    public async Task KeepAsync(ClaimedKey claim, FirstAnswer answer)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var sealedBody = vault.Seal(answer.Body, Belonging);
        await db.KeptAnswers.Where(row => row.TokenId == claim.Token && row.KeyHash == claim.KeyHash)
            .ExecuteUpdateAsync(row => row.SetProperty(kept => kept.Status, answer.Status).SetProperty(kept => kept.Sealed, sealedBody));
        running.TryRemove(NameOf(claim), out _);
    }

    /// <summary>The call has done nothing: the key is as if it had never been used.</summary>
    public async Task GiveBackAsync(ClaimedKey claim)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        await db.KeptAnswers.Where(row => row.TokenId == claim.Token && row.KeyHash == claim.KeyHash).ExecuteDeleteAsync();
        running.TryRemove(NameOf(claim), out _);
    }

    /// <summary>Nobody knows what the call did. The row stays and says so.</summary>
    public void Abandon(ClaimedKey claim) => running.TryRemove(NameOf(claim), out _);

    Outcome<(FirstAnswer?, ClaimedKey)> Answer(KeptAnswer found, byte[] requestHash, ClaimedKey claim, DateTimeOffset now)
    {
        if (!found.RequestHash.AsSpan().SequenceEqual(requestHash))
            return new Refusal(RefusalCode.IdempotencyKeyReused, "This Idempotency-Key came with another call before: take a new one for each", "Idempotency-Key");
        if (found is { Status: { } status, Sealed: { } body })
            return (new FirstAnswer(status, vault.Open(body, Belonging, "A kept answer")), claim);
        return now - found.CreatedAt < Longest
            ? TooSoon()
            : new Refusal(RefusalCode.Conflict, "The call with this Idempotency-Key was cut off: look whether it was done, and take a new key", "Idempotency-Key");
    }

    static Refusal TooSoon() =>
        new(RefusalCode.RetryTooSoon, "The same call is under way: ask again for its answer") { RetryAfter = TimeSpan.FromSeconds(1) };

    static (Guid, string) NameOf(ClaimedKey claim) => (claim.Token, Convert.ToHexStringLower(claim.KeyHash));
}
