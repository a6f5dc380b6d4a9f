using System.Data;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Invitations;

/// <summary>Somebody who has no user yet.</summary>
public sealed record NewPerson(string Name, string Password);

/// <param name="Token">Of a new person, shown once; null for somebody who has one.</param>
public sealed record Accepted(Organization Organization, Role Role, UserId User, string? Token);

/// <summary>
/// Takes an invitation, once: whoever deletes its row has it. A user takes only what was meant for their address; a new
/// person gets a user with the invitation's address, which is why the link is theirs alone.
/// </summary>
public sealed class AcceptInvitation(IsletDb db, AuditLog audit, TokenCache cache, TimeProvider time)
{
    const int MinPassword = 12;
    const int MaxPassword = 200;

    /// <summary>A new person has nothing but this token, and makes others with it.</summary>
    static readonly TimeSpan FirstTokenLifetime = TimeSpan.FromDays(365);

    public async Task<Outcome<Accepted>> RunAsync(Caller caller, string token, CancellationToken cancellation)
    {
        if (caller.Scope != TokenScope.User)
            return new Refusal(RefusalCode.Forbidden, "Only a token of the scope user takes an invitation");
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
        if ((await FindAsync(token, cancellation)).IsRefused(out var refusal, out var invitation))
            return refusal;
        caller.Trail?.Consider(invitation.OrganizationId);
        if (invitation.Email != caller.Email)
            return new Refusal(RefusalCode.Forbidden, "The invitation is for another address");
        if (await db.Memberships.AnyAsync(row => row.OrganizationId == invitation.OrganizationId && row.UserId == caller.User, cancellation))
            return new Refusal(RefusalCode.Conflict, "You are a member already");
        return await JoinAsync(caller, invitation, null, transaction, cancellation);
    }

    public async Task<Outcome<Accepted>> RunAsync(NewPerson person, Trail trail, string token, CancellationToken cancellation)
    {
        if (Check(person) is { } problem)
            return problem;
        // the slow hash only for those who have a link, and outside of the transaction
        if ((await FindAsync(token, cancellation)).IsRefused(out var refusal, out _))
            return refusal;
        var hash = PasswordHash.Create(person.Password);

        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
        db.ChangeTracker.Clear();
        if ((await FindAsync(token, cancellation)).IsRefused(out refusal, out var invitation))
            return refusal;
        if (await db.Users.AnyAsync(row => row.Email == invitation.Email, cancellation))
            return new Refusal(RefusalCode.Unauthorized, "This person has a user: take the invitation with a token of theirs");
        var user = new User { Id = new(Guid.NewGuid()), Email = invitation.Email, Name = person.Name, PasswordHash = hash, CreatedAt = time.Moment() };
        var (row, secret) = Tokens.Tokens.Make(user.Id, "first token", organization: null, project: null, FirstTokenLifetime, time.Moment());
        db.AddRange(user, row);
        var caller = new Caller(row.Id, user.Id, [], OnlyProject: null)
        {
            Roles = new Dictionary<OrganizationId, Role>(), TokenName = row.Name, Email = user.Email, Trail = trail,
        };
        return await JoinAsync(caller, invitation, secret, transaction, cancellation);
    }

    async Task<Outcome<Accepted>> JoinAsync(
        Caller caller, Invitation invitation, string? secret,
        Microsoft.EntityFrameworkCore.Storage.IDbContextTransaction transaction, CancellationToken cancellation)
    {
        var organization = await db.Organizations.AsNoTracking().FirstAsync(row => row.Id == invitation.OrganizationId, cancellation);
        db.Invitations.Remove(invitation);
        db.Memberships.Add(new() { OrganizationId = organization.Id, UserId = caller.User, Role = invitation.Role, CreatedAt = time.Moment() });
        audit.Add(caller, organization.Id, "invitation.accept", "user", caller.User.ToString(), $"{invitation.Email} as {invitation.Role.Name()}");
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        cache.Forget();
        return new Accepted(organization, invitation.Role, caller.User, secret);
    }

    async Task<Outcome<Invitation>> FindAsync(string token, CancellationToken cancellation)
    {
        var (hash, now) = (TokenSecret.Hash(token), time.GetUtcNow());
        return TokenSecret.HasInvitationForm(token)
            && await db.Invitations.FirstOrDefaultAsync(row => row.Hash == hash && row.ExpiresAt > now, cancellation) is { } found
                ? found
                : new Refusal(RefusalCode.InvitationNotFound, "There is no such invitation: it was taken, revoked or replaced, it has expired, or never was", "token");
    }

    static Refusal? Check(NewPerson person)
    {
        if (OrganizationName.Check(person.Name, "name") is { } refusal)
            return refusal;
        return person.Password.Length is < MinPassword or > MaxPassword
            ? new(RefusalCode.BadRequest, $"password must have {MinPassword} to {MaxPassword} characters", "password")
            : null;
    }
}
