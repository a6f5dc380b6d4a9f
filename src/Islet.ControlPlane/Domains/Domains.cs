using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

public enum DomainOrder
{
    Name,
    CreatedAt,
    UpdatedAt,
}

public sealed class Domains(IsletDb db, DomainViews views, HostNames names, TimeProvider time)
{
    /// <summary>Domains one organization may register.</summary>
    const int MaxDomains = 1000;

    /// <param name="search">Part of a name in any case; null: all.</param>
    public async Task<Outcome<Listing<DomainView>>> ListAsync(
        Caller caller, OrganizationId organization, string? search, DomainOrder order, bool descending, Page page, CancellationToken cancellation)
    {
        if (!await HasAsync(caller, organization, cancellation))
            return Organizations.Organizations.NotFound(organization);
        var rows = db.Domains.Of(caller).Where(row => row.OrganizationId == organization);
        if (search?.ToLowerInvariant() is { } part)
            rows = rows.Where(row => row.Name.Contains(part));
        var total = await rows.CountAsync(cancellation);
        return new Listing<DomainView>(await views.ReadAsync(Sort(rows, order, descending).Skip(page.Skip).Take(page.Limit), cancellation), total);
    }

    public async Task<Outcome<DomainView>> GetAsync(Caller caller, Guid id, CancellationToken cancellation) =>
        await views.ReadAsync(db.Domains.Of(caller).Where(row => row.Id == id), cancellation) is [var found] ? found : NotFound(id);

    public async Task<Outcome<DomainView>> CreateAsync(Caller caller, OrganizationId organization, string given, CancellationToken cancellation)
    {
        var name = given.ToLowerInvariant();
        if (DomainName.Problem(name) is { } problem)
            return Bad(problem);
        if (names.IsPlatform(DomainName.Base(name)) || names.IsOnPlatform(name))
            return Bad("is a name of this platform");

        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (!await HasAsync(caller, organization, cancellation))
            return Organizations.Organizations.NotFound(organization);
        if (caller.Refuse(organization, Act.Deploy) is { } forbidden)
            return forbidden;
        if (await db.Domains.AnyAsync(row => row.OrganizationId == organization && row.Name == name, cancellation))
            return new Refusal(RefusalCode.DomainInUse, $"The domain \"{name}\" is registered in this organization already", "domain");
        if (await db.Domains.CountAsync(row => row.OrganizationId == organization, cancellation) >= MaxDomains)
            return new Refusal(RefusalCode.BadRequest, $"An organization must not have more than {MaxDomains} domains");
        var now = time.Moment();
        var row = new Domain { Id = Guid.NewGuid(), OrganizationId = organization, Name = name, Provisioning = Provisioning.Pending, CreatedAt = now, UpdatedAt = now };
        db.Domains.Add(row);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return (await views.ReadAsync(db.Domains.Where(present => present.Id == row.Id), cancellation)) is [var made] ? made : NotFound(row.Id);
    }

    internal static Refusal NotFound(Guid id) => new(RefusalCode.DomainNotFound, $"The domain {id} does not exist or you have no access to it");

    async Task<bool> HasAsync(Caller caller, OrganizationId organization, CancellationToken cancellation) =>
        caller.OnlyProject is null && await db.Organizations.Of(caller).AnyAsync(row => row.Id == organization, cancellation);

    static IQueryable<Domain> Sort(IQueryable<Domain> rows, DomainOrder order, bool descending) => (order, descending) switch
    {
        (DomainOrder.Name, false) => rows.OrderBy(row => row.Name),
        (DomainOrder.Name, true) => rows.OrderByDescending(row => row.Name),
        (DomainOrder.CreatedAt, false) => rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id),
        (DomainOrder.CreatedAt, true) => rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id),
        (DomainOrder.UpdatedAt, false) => rows.OrderBy(row => row.UpdatedAt).ThenBy(row => row.Id),
        (DomainOrder.UpdatedAt, true) => rows.OrderByDescending(row => row.UpdatedAt).ThenByDescending(row => row.Id),
    };

    static Refusal Bad(string problem) => new(RefusalCode.BadRequest, $"domain {problem}", "domain");
}
