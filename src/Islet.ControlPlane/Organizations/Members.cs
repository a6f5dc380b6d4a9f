using System.Data;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Organizations;

/// <param name="Name">Empty when the person never said one.</param>
public sealed record MemberView(UserId User, string Email, string Name, Role Role, DateTimeOffset CreatedAt);

/// <summary>
/// Who belongs to an organization. Owners are made and unmade by owners only, and one always stays: the checks and the
/// change are one transaction that two at once do not pass together.
/// </summary>
public sealed class Members(IsletDb db, AuditLog audit, TokenCache cache)
{
    /// <summary>By the time they came.</summary>
    public async Task<Outcome<Listing<MemberView>>> ListAsync(Caller caller, OrganizationId organization, Page page, CancellationToken cancellation)
    {
        if (!await db.Organizations.Of(caller).AnyAsync(row => row.Id == organization, cancellation))
            return Organizations.NotFound(organization);
        if (caller.OnlyProject is not null)
            return new Refusal(RefusalCode.Forbidden, "A token of one project cannot do this: take one of its organization");
        var rows = db.Memberships.Where(row => row.OrganizationId == organization);
        var total = await rows.CountAsync(cancellation);
        var items = await rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.UserId).Skip(page.Skip).Take(page.Limit)
            .Join(db.Users, row => row.UserId, user => user.Id, (row, user) => new MemberView(user.Id, user.Email, user.Name, row.Role, row.CreatedAt))
            .ToListAsync(cancellation);
        return new Listing<MemberView>([.. items.OrderBy(item => item.CreatedAt)], total);
    }

    public async Task<Outcome<MemberView>> ChangeAsync(
        Caller caller, OrganizationId organization, UserId user, Role role, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
        if ((await FindAsync(caller, organization, user, cancellation)).IsRefused(out var refusal, out var found))
            return refusal;
        if ((caller.Refuse(organization, found.Role == Role.Owner || role == Role.Owner ? Act.Own : Act.Administer)
            ?? await CheckLastOwnerAsync(found, role, cancellation)) is { } forbidden)
            return forbidden;
        var person = await db.Users.AsNoTracking().FirstAsync(row => row.Id == user, cancellation);
        if (found.Role != role)
            audit.Add(caller, organization, "member.update", "user", user.ToString(), $"{person.Email}: {found.Role.Name()} → {role.Name()}");
        found.Role = role;
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        cache.Forget();
        return new MemberView(user, person.Email, person.Name, role, found.CreatedAt);
    }

    /// <summary>
    /// Null when done. Whoever leaves or is removed loses the tokens made for the organization, so that none comes back to
    /// life should they return.
    /// </summary>
    public async Task<Refusal?> RemoveAsync(Caller caller, OrganizationId organization, UserId user, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
        if ((await FindAsync(caller, organization, user, cancellation)).IsRefused(out var refusal, out var found))
            return refusal;
        refusal = user == caller.User && caller.OnlyProject is null
            ? null // anybody may leave
            : caller.Refuse(organization, found.Role == Role.Owner ? Act.Own : Act.Administer);
        refusal ??= await CheckLastOwnerAsync(found, becomes: null, cancellation);
        if (refusal is not null)
            return refusal;
        var email = await db.Users.Where(row => row.Id == user).Select(row => row.Email).FirstAsync(cancellation);
        await db.Tokens.Where(token => token.UserId == user && token.OrganizationId == organization).ExecuteDeleteAsync(cancellation);
        db.Memberships.Remove(found);
        audit.Add(caller, organization, "member.remove", "user", user.ToString(), email);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        cache.Forget();
        return null;
    }

    async Task<Outcome<Membership>> FindAsync(Caller caller, OrganizationId organization, UserId user, CancellationToken cancellation)
    {
        if (!await db.Organizations.Of(caller).AnyAsync(row => row.Id == organization, cancellation))
            return Organizations.NotFound(organization);
        if (await db.Memberships.FirstOrDefaultAsync(row => row.OrganizationId == organization && row.UserId == user, cancellation) is { } found)
            return found;
        // who may not change members does not learn who is none
        return caller.Refuse(organization, Act.Administer) ?? new(RefusalCode.MemberNotFound, $"The user {user} is no member of this organization");
    }

    async Task<Refusal?> CheckLastOwnerAsync(Membership member, Role? becomes, CancellationToken cancellation) =>
        member.Role == Role.Owner && becomes != Role.Owner
        && await db.Memberships.CountAsync(row => row.OrganizationId == member.OrganizationId && row.Role == Role.Owner, cancellation) == 1
            ? new(RefusalCode.Conflict, "This is the only owner: make another one before")
            : null;
}
