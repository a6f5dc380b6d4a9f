using System.Data;
using System.Security.Cryptography;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Organizations;

public enum OrganizationOrder
{
    Name,
    UpdatedAt,
}

public sealed class Organizations(IsletDb db, AuditLog audit, TokenCache cache, TimeProvider time)
{
    /// <summary>That one person may be in as an owner.</summary>
    const int MaxOwned = 100;

    public async Task<Outcome<Organization>> GetAsync(Caller caller, OrganizationId id, CancellationToken cancellation) =>
        await db.Organizations.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation) is { } found
            ? found
            : NotFound(id);

    /// <param name="search">Part of a name as it is written; null: all.</param>
    public async Task<Listing<Organization>> ListAsync(
        Caller caller, string? search, OrganizationOrder order, bool descending, Page page, CancellationToken cancellation)
    {
        var rows = db.Organizations.AsNoTracking().Of(caller);
        if (search is not null)
            rows = rows.Where(row => row.Name.Contains(search));
        var total = await rows.CountAsync(cancellation);
        return new(await Sort(rows, order, descending).Skip(page.Skip).Take(page.Limit).ToListAsync(cancellation), total);
    }

    /// <summary>Where a project goes when its maker names none: the caller's personal one, else the only one that the token opens.</summary>
    public async Task<Outcome<OrganizationId>> DefaultAsync(Caller caller, CancellationToken cancellation)
    {
        if (await db.Organizations.Of(caller).Where(row => row.PersonalOf == caller.User).Select(row => (OrganizationId?)row.Id).FirstOrDefaultAsync(cancellation) is { } personal)
            return personal;
        return caller.Organizations is [var only]
            ? only
            : new Refusal(RefusalCode.BadRequest, $"organizationId is missing: this token opens {caller.Organizations.Count} organizations", "organizationId");
    }

    /// <summary>Its maker is its owner.</summary>
    public async Task<Outcome<Organization>> CreateAsync(Caller caller, string name, CancellationToken cancellation)
    {
        if (caller.Scope != TokenScope.User)
            return new Refusal(RefusalCode.Forbidden, "Only a token of the scope user makes organizations");
        if (OrganizationName.Check(name, "name") is { } refusal)
            return refusal;
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation);
        if (await db.Memberships.CountAsync(row => row.UserId == caller.User && row.Role == Role.Owner, cancellation) >= MaxOwned)
            return new Refusal(RefusalCode.Conflict, $"One person may own at most {MaxOwned} organizations");
        var now = time.Moment();
        var organization = new Organization { Id = new(Guid.NewGuid()), Name = name, CreatedAt = now, UpdatedAt = now };
        db.Organizations.Add(organization);
        db.Memberships.Add(new() { OrganizationId = organization.Id, UserId = caller.User, Role = Role.Owner, CreatedAt = now });
        audit.Add(caller, organization.Id, "organization.create", "organization", organization.Id.ToString(), name);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        cache.Forget();
        return organization;
    }

    /// <param name="name">Null: it stays.</param>
    public async Task<Outcome<Organization>> RenameAsync(Caller caller, OrganizationId id, string? name, CancellationToken cancellation)
    {
        if (await db.Organizations.Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } organization)
            return NotFound(id);
        if ((caller.Refuse(id, Act.Administer) ?? (name is null ? null : OrganizationName.Check(name, "name"))) is { } refusal)
            return refusal;
        if (name is null || name == organization.Name)
            return organization;
        audit.Add(caller, id, "organization.rename", "organization", id.ToString(), $"{organization.Name} → {name}");
        (organization.Name, organization.UpdatedAt) = (name, time.Moment());
        await db.SaveChangesAsync(cancellation);
        return organization;
    }

    /// <summary>The other dialect's name for an organization: <c>team_</c> and 24 characters that never change.</summary>
    public static string TeamIdOf(OrganizationId id)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        var hash = SHA256.HashData(id.Value.ToByteArray(bigEndian: true));
        return string.Create(29, hash, static (text, hash) =>
        {
            "team_".CopyTo(text);
            for (var index = 0; index < 24; index++)
                text[5 + index] = Alphabet[hash[index] % Alphabet.Length];
        });
    }

    internal static Refusal NotFound(OrganizationId id) =>
        new(RefusalCode.OrganizationNotFound, $"The organization {id} does not exist or you have no access to it");

    static IQueryable<Organization> Sort(IQueryable<Organization> rows, OrganizationOrder order, bool descending) => (order, descending) switch
    {
        (OrganizationOrder.Name, false) => rows.OrderBy(row => row.Name).ThenBy(row => row.Id),
        (OrganizationOrder.Name, true) => rows.OrderByDescending(row => row.Name).ThenByDescending(row => row.Id),
        (OrganizationOrder.UpdatedAt, false) => rows.OrderBy(row => row.UpdatedAt).ThenBy(row => row.Id),
        (OrganizationOrder.UpdatedAt, true) => rows.OrderByDescending(row => row.UpdatedAt).ThenByDescending(row => row.Id),
    };
}
