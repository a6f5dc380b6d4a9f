using System.Runtime.CompilerServices;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Audit;

/// <param name="Since">Included; null: from the beginning.</param>
/// <param name="Until">Not included; null: to the end.</param>
/// <param name="Actor">Address or id of a user, whole; null: everybody.</param>
/// <param name="Operation">Whole, or a noun for all of its operations; null: all.</param>
/// <param name="After">The place behind which to go on; null: from the start.</param>
public sealed record AuditQuery(
    DateTimeOffset? Since, DateTimeOffset? Until, string? Actor, string? Operation, bool Descending, long? After)
{
    public const int MaxLimit = 1000;
}

/// <param name="Next">Where to go on; null at the end.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, long? Next);

/// <summary>Reads the audit log of an organization, for those who administer it and for operators, who read those of deleted ones too.</summary>
public sealed class AuditSearch(IsletDb db)
{
    /// <summary>Null when the caller may read it.</summary>
    public async Task<Refusal?> CheckAsync(Caller caller, OrganizationId organization, CancellationToken cancellation)
    {
        if (caller.IsOperator)
            return null;
        return await db.Organizations.Of(caller).AnyAsync(row => row.Id == organization, cancellation)
            ? caller.Refuse(organization, Act.Administer)
            : Organizations.Organizations.NotFound(organization);
    }

    /// <summary>For callers that have been checked.</summary>
    public async Task<AuditPage> FindAsync(OrganizationId organization, AuditQuery query, int limit, CancellationToken cancellation)
    {
        var rows = Filter(db.AuditLog.AsNoTracking().Where(entry => entry.OrganizationId == organization), query);
        rows = query.Descending ? rows.OrderByDescending(entry => entry.Id) : rows.OrderBy(entry => entry.Id);
        var found = await rows.Take(limit + 1).ToListAsync(cancellation);
        return found.Count <= limit ? new(found, null) : new(found[..limit], found[limit - 1].Id);
    }

    /// <summary>All of it, a page in memory at a time.</summary>
    public async IAsyncEnumerable<AuditEntry> ReadAllAsync(
        OrganizationId organization, AuditQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (long? after = query.After; ;)
        {
            var page = await FindAsync(organization, query with { After = after }, AuditQuery.MaxLimit, cancellation);
            foreach (var entry in page.Entries)
                yield return entry;
            if (page.Next is null)
                yield break;
            after = page.Next;
        }
    }

    static IQueryable<AuditEntry> Filter(IQueryable<AuditEntry> rows, AuditQuery query)
    {
        if (query.Since is { } since)
            rows = rows.Where(entry => entry.Time >= since);
        if (query.Until is { } until)
            rows = rows.Where(entry => entry.Time < until);
        if (query.Actor is { } actor)
            rows = Guid.TryParseExact(actor, "D", out var id) ? ByUser(rows, new(id)) : rows.Where(entry => entry.Actor == actor);
        if (query.Operation is { } operation)
            rows = operation.Contains('.', StringComparison.Ordinal)
                ? rows.Where(entry => entry.Operation == operation)
                : rows.Where(entry => entry.Operation.StartsWith(operation + "."));
        if (query.After is not { } after)
            return rows;
        return query.Descending ? rows.Where(entry => entry.Id < after) : rows.Where(entry => entry.Id > after);
    }

    static IQueryable<AuditEntry> ByUser(IQueryable<AuditEntry> rows, UserId user) => rows.Where(entry => entry.UserId == user);
}
