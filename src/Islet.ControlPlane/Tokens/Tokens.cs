using System.Data;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Tokens;

/// <summary>What somebody wants a token to be; checked only as far as types go.</summary>
/// <param name="Scope">Null: as wide as the token that asks.</param>
/// <param name="Project">Id or name.</param>
/// <param name="ExpiresInDays">Null: never, or with the token that asks.</param>
public sealed record WantedToken(string Name, TokenScope? Scope, OrganizationId? Organization, string? Project, int? ExpiresInDays);

/// <summary>
/// Tokens of one person. A token makes only what is as narrow as itself and lives no longer; it sees those that open no
/// more than it does.
/// </summary>
public sealed class Tokens(IsletDb db, Projects.Projects projects, AuditLog audit, TokenCache cache, TimeProvider time)
{
    const int MaxOfUser = 500;
    const int MaxDays = 365;

    public async Task<Listing<Token>> ListAsync(Caller caller, Page page, CancellationToken cancellation)
    {
        var rows = OwnedBy(caller).AsNoTracking();
        var total = await rows.CountAsync(cancellation);
        return new(await rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).Skip(page.Skip).Take(page.Limit).ToListAsync(cancellation), total);
    }

    /// <summary>Gives the token itself, which cannot be shown again.</summary>
    public async Task<Outcome<(Token Row, string Secret)>> CreateAsync(Caller caller, WantedToken wanted, CancellationToken cancellation)
    {
        if (Check(caller, wanted) is { } refusal)
            return refusal;
        if ((await PlaceAsync(caller, wanted, cancellation)).IsRefused(out refusal, out var place))
            return refusal;
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
        if (await db.Tokens.CountAsync(row => row.UserId == caller.User, cancellation) >= MaxOfUser)
            return new Refusal(RefusalCode.Conflict, $"One person may have at most {MaxOfUser} tokens: revoke some");
        var (row, secret) = Make(caller.User, wanted.Name, place.Organization, place.Project, Lifetime(caller, wanted), time.Moment());
        db.Tokens.Add(row);
        audit.Add(caller, place.Organization, "token.create", "token", row.Id.ToString("D"), $"{row.Name} ({row.Scope.Name()})");
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return (row, secret);
    }

    /// <summary>Null when done. The token opens nothing once this returns.</summary>
    public async Task<Refusal?> RevokeAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        if (await OwnedBy(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } token)
            return new(RefusalCode.TokenNotFound, $"The token {id} does not exist or this one does not reach it");
        db.Tokens.Remove(token);
        audit.Add(caller, token.OrganizationId, "token.revoke", "token", id.ToString("D"), token.Name);
        await db.SaveChangesAsync(cancellation);
        cache.Forget();
        return null;
    }

    /// <summary>For callers that have checked that the user may open what the token will open.</summary>
    internal async Task<(Token Row, string Secret)> CreateAsync(
        UserId user, string name, OrganizationId? organization, ProjectId? project, TimeSpan? lifetime, CancellationToken cancellation)
    {
        var (row, secret) = Make(user, name, organization, project, lifetime, time.Moment());
        db.Tokens.Add(row);
        await db.SaveChangesAsync(cancellation);
        return (row, secret);
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

    IQueryable<Token> OwnedBy(Caller caller)
    {
        var rows = db.Tokens.Where(row => row.UserId == caller.User);
        if (caller.OnlyProject is { } project)
            return rows.Where(row => row.ProjectId == project);
        if (caller.Scope == TokenScope.User)
            return rows;
        var organizations = caller.Organizations;
        return rows.Where(row => row.OrganizationId != null && organizations.Contains(row.OrganizationId.Value));
    }

    Refusal? Check(Caller caller, WantedToken wanted)
    {
        if (OrganizationName.Check(wanted.Name, "name") is { } refusal)
            return refusal;
        if (wanted.ExpiresInDays is < 1 or > MaxDays)
            return Bad("expiresInDays", $"must be from 1 to {MaxDays}, or null");
        if (wanted.ExpiresInDays is { } days && caller.ExpiresAt < time.GetUtcNow().AddDays(days))
            return Bad("expiresInDays", $"must not go beyond {caller.ExpiresAt:yyyy-MM-dd}, when the token that asks expires");
        if ((wanted.Scope ?? caller.Scope) < caller.Scope)
            return new(RefusalCode.Forbidden, $"scope must not be wider than {caller.Scope.Name()}, which is that of the token that asks", "scope");
        return null;
    }

    /// <summary>A row of somebody else is not found here, so the token cannot name it.</summary>
    async Task<Outcome<(OrganizationId? Organization, ProjectId? Project)>> PlaceAsync(Caller caller, WantedToken wanted, CancellationToken cancellation)
    {
        switch (wanted.Scope ?? caller.Scope)
        {
            case TokenScope.User when wanted is { Organization: null, Project: null }:
                return (null, null);
            case TokenScope.User:
                return Bad(wanted.Organization is null ? "projectId" : "organizationId", "must not be given for the scope user");
            case TokenScope.Organization when wanted.Project is not null:
                return Bad("projectId", "must not be given for the scope organization");
            case TokenScope.Organization:
                if ((wanted.Organization ?? Only(caller)) is not { } organization)
                    return Bad("organizationId", "is missing");
                if (!caller.Organizations.Contains(organization))
                    return Organizations.Organizations.NotFound(organization);
                return (organization, null);
            case TokenScope.Project:
                if ((wanted.Project ?? caller.OnlyProject?.ToString()) is not { } idOrName)
                    return Bad("projectId", "is missing");
                if ((await projects.FindAsync(caller, idOrName, cancellation)).IsRefused(out var refusal, out var project))
                    return refusal;
                return wanted.Organization is { } named && named != project.OrganizationId
                    ? Projects.Projects.NotFound(idOrName)
                    : (project.OrganizationId, project.Id);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    static OrganizationId? Only(Caller caller) => caller.Scope != TokenScope.User && caller.Organizations is [var only] ? only : null;

    TimeSpan? Lifetime(Caller caller, WantedToken wanted) =>
        wanted.ExpiresInDays is { } days ? TimeSpan.FromDays(days) : caller.ExpiresAt - time.Moment();

    static Refusal Bad(string field, string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
}
