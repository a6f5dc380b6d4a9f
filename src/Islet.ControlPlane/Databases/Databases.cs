using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Databases;

/// <summary>What a caller may do with the entries of a database.</summary>
public sealed record DatabaseUse(OrganizationId Organization, bool MayWrite);

public sealed class Databases(IsletDb db, TimeProvider time)
{
    const int MaxDescription = 1000;

    /// <summary>Databases one organization may have.</summary>
    const int MaxDatabases = 1000;

    /// <param name="search">An id; null: all.</param>
    public async Task<Outcome<Listing<KvDatabase>>> ListAsync(
        Caller caller, OrganizationId organization, string? search, bool descending, Page page, CancellationToken cancellation)
    {
        if (!await HasAsync(caller, organization, cancellation))
            return Organizations.Organizations.NotFound(organization);
        var rows = db.Databases.AsNoTracking().Of(caller).Where(row => row.OrganizationId == organization);
        if (search is not null)
        {
            var wanted = Guid.TryParse(search, out var id) ? id : Guid.Empty;
            rows = rows.Where(row => row.Id == wanted);
        }
        var total = await rows.CountAsync(cancellation);
        var sorted = descending
            ? rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id)
            : rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id);
        return new Listing<KvDatabase>(await sorted.Skip(page.Skip).Take(page.Limit).ToListAsync(cancellation), total);
    }

    public async Task<Outcome<KvDatabase>> CreateAsync(Caller caller, OrganizationId organization, string? description, CancellationToken cancellation)
    {
        if (CheckDescription(description) is { } problem)
            return problem;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (!await HasAsync(caller, organization, cancellation))
            return Organizations.Organizations.NotFound(organization);
        if (caller.Refuse(organization, Act.Deploy) is { } forbidden)
            return forbidden;
        if (await db.Databases.CountAsync(row => row.OrganizationId == organization, cancellation) >= MaxDatabases)
            return new Refusal(RefusalCode.BadRequest, $"An organization must not have more than {MaxDatabases} databases");
        var now = time.Moment();
        var row = new KvDatabase { Id = Guid.NewGuid(), OrganizationId = organization, Description = description ?? "", CreatedAt = now, UpdatedAt = now };
        db.Databases.Add(row);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return row;
    }

    /// <param name="description">Null: as it was.</param>
    public async Task<Outcome<KvDatabase>> UpdateAsync(Caller caller, Guid id, string? description, CancellationToken cancellation)
    {
        if (CheckDescription(description) is { } problem)
            return problem;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var row = await db.Databases.Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (row is null)
            return NotFound(id);
        if (caller.Refuse(row.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        row.Description = description ?? row.Description;
        if (db.ChangeTracker.HasChanges())
            row.UpdatedAt = time.Moment();
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return row;
    }

    /// <summary>Whose it is, and whether the caller may change what is in it. Null when it is not there or not the caller's.</summary>
    public async Task<DatabaseUse?> FindUseAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        var organization = await db.Databases.AsNoTracking().Of(caller).Where(row => row.Id == id)
            .Select(row => (OrganizationId?)row.OrganizationId).FirstOrDefaultAsync(cancellation);
        return organization is { } owner ? new(owner, MayWrite: caller.Refuse(owner, Act.Deploy) is null) : null;
    }

    internal static Refusal NotFound(Guid id) => new(RefusalCode.DatabaseNotFound, $"The database {id} does not exist or you have no access to it");

    async Task<bool> HasAsync(Caller caller, OrganizationId organization, CancellationToken cancellation) =>
        caller.OnlyProject is null && await db.Organizations.Of(caller).AnyAsync(row => row.Id == organization, cancellation);

    static Refusal? CheckDescription(string? description) => description?.EnumerateRunes().Count() > MaxDescription
        ? new(RefusalCode.BadRequest, $"description must not have more than {MaxDescription} characters", "description")
        : null;
}
