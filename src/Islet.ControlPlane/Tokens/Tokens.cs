using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Tokens;

/// <summary>Makes and revokes tokens. Callers have checked that the user may open what the token will open.</summary>
public sealed class Tokens(IsletDb db, TokenCache cache, TimeProvider time)
{
    /// <summary>Gives the token itself, which cannot be shown again.</summary>
    public async Task<(Token Row, string Secret)> CreateAsync(
        UserId user, string name, OrganizationId? organization, ProjectId? project, TimeSpan? lifetime, CancellationToken cancellation)
    {
        var (row, secret) = Make(user, name, organization, project, lifetime, time.Moment());
        db.Tokens.Add(row);
        await db.SaveChangesAsync(cancellation);
        return (row, secret);
    }

    /// <summary>False when there was none. The token opens nothing once this returns.</summary>
    public async Task<bool> RevokeAsync(UserId user, Guid token, CancellationToken cancellation)
    {
        var gone = await db.Tokens.Where(row => row.Id == token && row.UserId == user).ExecuteDeleteAsync(cancellation) == 1;
        cache.Forget();
        return gone;
    }

    internal static (Token Row, string Secret) Make(
        UserId user, string name, OrganizationId? organization, ProjectId? project, TimeSpan? lifetime, DateTimeOffset now)
    {
        var secret = TokenSecret.New();
        return (new()
        {
            Id = Guid.NewGuid(),
            Hash = TokenSecret.Hash(secret),
            Name = name,
            Scope = project is not null ? TokenScope.Project : organization is not null ? TokenScope.Organization : TokenScope.User,
            UserId = user,
            OrganizationId = organization,
            ProjectId = project,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        }, secret);
    }
}
