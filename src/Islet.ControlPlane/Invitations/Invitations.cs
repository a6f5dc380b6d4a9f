using System.Data;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Invitations;

public sealed record InvitationView(Guid Id, string Email, Role Role, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <param name="Token">Null when it went by mail, and to nobody else.</param>
public sealed record NewInvitation(InvitationView Invitation, string? Token, string? Link, bool Mailed);

/// <summary>
/// Invitations of an organization. Nothing here tells whether an address has a user: all are answered the same.
/// </summary>
public sealed class Invitations(IsletDb db, AuditLog audit, InvitationMail mail, IOptions<ControlPlaneOptions> options, TimeProvider time)
{
    const string Created = "invitation.create";
    const int MaxOfOrganization = 200;

    /// <summary>By one person: mail is not for filling mailboxes.</summary>
    const int MaxAnHour = 100;
    const int MaxAnHourToOne = 5;

    static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>Those that can still be taken, oldest first.</summary>
    public async Task<Outcome<Listing<InvitationView>>> ListAsync(Caller caller, OrganizationId organization, Page page, CancellationToken cancellation)
    {
        if (await CheckAsync(caller, organization, Act.Administer, cancellation) is { } refusal)
            return refusal;
        var now = time.GetUtcNow();
        var rows = db.Invitations.AsNoTracking().Where(row => row.OrganizationId == organization && row.ExpiresAt > now);
        var total = await rows.CountAsync(cancellation);
        return new Listing<InvitationView>(
            await rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).Skip(page.Skip).Take(page.Limit)
                .Select(row => new InvitationView(row.Id, row.Email, row.Role, row.CreatedAt, row.ExpiresAt)).ToListAsync(cancellation),
            total);
    }

    /// <summary>Replaces an earlier one for the same address. The mail is on its way, or was not taken, once this returns.</summary>
    public async Task<Outcome<NewInvitation>> CreateAsync(Caller caller, OrganizationId organization, string email, Role role, CancellationToken cancellation)
    {
        if (await CheckAsync(caller, organization, role == Role.Owner ? Act.Own : Act.Administer, cancellation) is { } refusal)
            return refusal;
        if (EmailAddress.Normalize(email) is not { } address)
            return new Refusal(RefusalCode.BadRequest, "email must be an address such as person@example.com", "email");
        if (await CheckRateAsync(caller, address, cancellation) is { } tooMany)
            return tooMany;
        var token = TokenSecret.NewInvitation();
        if ((await SaveAsync(caller, organization, address, role, token, cancellation)).IsRefused(out refusal, out var saved))
            return refusal;

        // the row is there: from here on a caller that gives up does not stop the mail
        var link = LinkOf(token);
        var mailed = await mail.TrySendAsync(address, saved.Organization, caller.Email, link, saved.Row.ExpiresAt);
        var view = new InvitationView(saved.Row.Id, address, role, saved.Row.CreatedAt, saved.Row.ExpiresAt);
        return mailed ? new NewInvitation(view, null, null, true) : new NewInvitation(view, token, link, false);
    }

    /// <summary>Null when done. Its link leads nowhere once this returns.</summary>
    public async Task<Refusal?> RevokeAsync(Caller caller, OrganizationId organization, Guid id, CancellationToken cancellation)
    {
        if (await CheckAsync(caller, organization, Act.Administer, cancellation) is { } refusal)
            return refusal;
        if (await db.Invitations.FirstOrDefaultAsync(row => row.Id == id && row.OrganizationId == organization, cancellation) is not { } found)
            return new(RefusalCode.InvitationNotFound, $"The invitation {id} does not exist: it was taken, revoked or replaced, or never was");
        if (found.Role == Role.Owner && caller.Refuse(organization, Act.Own) is { } forbidden)
            return forbidden;
        db.Invitations.Remove(found);
        audit.Add(caller, organization, "invitation.revoke", "invitation", id.ToString("D"), $"{found.Email} as {found.Role.Name()}");
        await db.SaveChangesAsync(cancellation);
        return null;
    }

    async Task<Refusal?> CheckRateAsync(Caller caller, string address, CancellationToken cancellation)
    {
        var since = time.GetUtcNow().AddHours(-1);
        var lately = db.AuditLog.Where(entry => entry.Time > since && entry.UserId == caller.User && entry.Operation == Created);
        var toOne = $"{address} as ";
        return await lately.CountAsync(cancellation) >= MaxAnHour || await lately.CountAsync(entry => entry.Detail.StartsWith(toOne), cancellation) >= MaxAnHourToOne
            ? new(RefusalCode.TooManyRequests, $"One person may send {MaxAnHour} invitations an hour, {MaxAnHourToOne} of them to the same address") { RetryAfter = TimeSpan.FromMinutes(10) }
            : null;
    }

    async Task<Outcome<(Invitation Row, string Organization)>> SaveAsync(
        Caller caller, OrganizationId organization, string address, Role role, string token, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
        if (await db.Organizations.AsNoTracking().FirstOrDefaultAsync(row => row.Id == organization, cancellation) is not { } found)
            return Organizations.Organizations.NotFound(organization);
        if (await db.Memberships.AnyAsync(row => row.OrganizationId == organization && db.Users.Any(user => user.Id == row.UserId && user.Email == address), cancellation))
            return new Refusal(RefusalCode.Conflict, "This person is a member already", "email");
        var now = time.Moment();
        await db.Invitations.Where(row => row.OrganizationId == organization && (row.Email == address || row.ExpiresAt <= now)).ExecuteDeleteAsync(cancellation);
        if (await db.Invitations.CountAsync(row => row.OrganizationId == organization, cancellation) >= MaxOfOrganization)
            return new Refusal(RefusalCode.Conflict, $"An organization may have at most {MaxOfOrganization} invitations: revoke some");
        var row = new Invitation
        {
            Id = Guid.NewGuid(),
            OrganizationId = organization,
            Email = address,
            Role = role,
            Hash = TokenSecret.Hash(token),
            InvitedBy = caller.User,
            CreatedAt = now,
            ExpiresAt = now + Lifetime,
        };
        db.Invitations.Add(row);
        audit.Add(caller, organization, Created, "invitation", row.Id.ToString("D"), $"{address} as {role.Name()}");
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return (row, found.Name);
    }

    async Task<Refusal?> CheckAsync(Caller caller, OrganizationId organization, Act act, CancellationToken cancellation) =>
        await db.Organizations.Of(caller).AnyAsync(row => row.Id == organization, cancellation)
            ? caller.Refuse(organization, act)
            : Organizations.Organizations.NotFound(organization);

    /// <summary>Behind a fragment, which browsers do not send: no log on the way has it.</summary>
    string LinkOf(string token) => $"{options.Value.PublicUrl.TrimEnd('/')}/invitation#{token}";
}
