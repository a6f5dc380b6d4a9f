using System.Diagnostics;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Tokens;

/// <summary>The only check of tokens. They are found by their SHA-256, so no comparison tells how much of a guess was right.</summary>
public sealed class AuthenticateToken(IServiceScopeFactory scopes, TokenCache cache, TokenUses uses, TimeProvider time)
{
    /// <summary>Null when the token is unknown, revoked or expired.</summary>
    public async ValueTask<Caller?> RunAsync(string token, CancellationToken cancellation)
    {
        if (!TokenSecret.HasForm(token))
            return null;
        var hash = TokenSecret.Hash(token);
        var key = Convert.ToHexStringLower(hash);
        var known = cache.Find(key) ?? await ReadAsync(key, hash, cancellation);
        if (known is null || known.ExpiresAt <= time.GetUtcNow())
            return null;
        uses.Note(known.Caller.Token);
        return known.Caller;
    }

    async Task<CachedToken?> ReadAsync(string key, byte[] hash, CancellationToken cancellation)
    {
        var generation = cache.Generation;
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        if (await db.Tokens.AsNoTracking().FirstOrDefaultAsync(row => row.Hash == hash, cancellation) is not { } token)
            return null;
        var roles = await RolesAsync(db, token, cancellation);
        var user = await db.Users.AsNoTracking().FirstAsync(row => row.Id == token.UserId, cancellation);
        var caller = new Caller(token.Id, token.UserId, [.. roles.Keys], token.ProjectId)
        {
            Roles = roles,
            Scope = token.Scope,
            TokenName = token.Name,
            ExpiresAt = token.ExpiresAt,
            Email = user.Email,
            IsOperator = token.Scope == TokenScope.User && user.IsOperator,
        };
        var read = new CachedToken(caller, token.ExpiresAt, time.GetUtcNow());
        cache.Keep(key, read, generation);
        return read;
    }

    /// <summary>A token opens nothing that its maker may not open any more.</summary>
    static async Task<Dictionary<OrganizationId, Role>> RolesAsync(IsletDb db, Token token, CancellationToken cancellation)
    {
        var memberships = db.Memberships.Where(row => row.UserId == token.UserId);
        switch (token.Scope)
        {
            case TokenScope.User:
                break;
            case TokenScope.Organization:
            case TokenScope.Project:
                memberships = memberships.Where(row => row.OrganizationId == token.OrganizationId);
                break;
            default:
                throw new UnreachableException();
        }
        return await memberships.ToDictionaryAsync(row => row.OrganizationId, row => row.Role, cancellation);
    }
}
