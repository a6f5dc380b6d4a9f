using System.Globalization;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Limits;

/// <summary>One limit with where its value comes from. <paramref name="Own"/> is null when it is inherited; the others when it is the node's setting.</summary>
public sealed record LimitView(string Name, long? Effective, long? Own, long? Inherited);

/// <summary>
/// Reads and changes limits. An organization's are the operator's: who owns the organization reads them and cannot change
/// them. A project's are its organization's, who may ask for less than it has.
/// <para>What the edge enforces counts as soon as a change returns. What an isolate or the gateway was told at its start
/// stays until that isolate ends.</para>
/// </summary>
public sealed class LimitSettings(IsletDb db, Projects.Projects projects, AuditLog audit, RoutePublisher routes)
{
    /// <summary>Names that a change may have, in the order of the wire.</summary>
    public static IReadOnlyList<string> NamesOfOrganization { get; } = [.. KnownLimits.OfOrganization.Select(limit => limit.Name)];

    /// <inheritdoc cref="NamesOfOrganization"/>
    public static IReadOnlyList<string> NamesOfProject { get; } = [.. KnownLimits.OfProject.Select(limit => limit.Name)];

    public async Task<Outcome<IReadOnlyList<LimitView>>> GetAsync(Caller caller, OrganizationId id, CancellationToken cancellation)
    {
        if (!await db.Organizations.OfOrOperatedBy(caller).AnyAsync(row => row.Id == id, cancellation))
            return Organizations.Organizations.NotFound(id);
        return View(await db.OrganizationLimits.AsNoTracking().FirstOrDefaultAsync(row => row.OrganizationId == id, cancellation));
    }

    /// <param name="changes">By name, see <see cref="NamesOfOrganization"/>; null takes the organization's own value away.</param>
    public async Task<Outcome<IReadOnlyList<LimitView>>> ChangeAsync(
        Caller caller, OrganizationId id, IReadOnlyDictionary<string, long?> changes, CancellationToken cancellation)
    {
        if (!await db.Organizations.OfOrOperatedBy(caller).AnyAsync(row => row.Id == id, cancellation))
            return Organizations.Organizations.NotFound(id);
        caller.Trail?.Consider(id);
        if (!caller.IsOperator)
            return new Refusal(RefusalCode.Forbidden, "Only an operator of this installation changes the limits of an organization");
        if (Check(KnownLimits.OfOrganization, changes, ceilings: null).IsRefused(out var refusal, out var changed))
            return refusal;

        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (!await db.Organizations.AnyAsync(organization => organization.Id == id, cancellation))
            return Organizations.Organizations.NotFound(id);
        if (await db.OrganizationLimits.FirstOrDefaultAsync(own => own.OrganizationId == id, cancellation) is not { } row)
            db.OrganizationLimits.Add(row = new() { OrganizationId = id });
        Apply(changed, row);
        audit.Add(caller, id, "limits.update", "organization", id.ToString(), Tell(changes));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        await PublishAsync(db.MappedHosts.Where(host => host.OrganizationId == id).Select(host => host.Host));
        return View(row);
    }

    public async Task<Outcome<IReadOnlyList<LimitView>>> GetAsync(Caller caller, string projectIdOrName, CancellationToken cancellation)
    {
        if ((await projects.FindOperatedAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        return View(
            await db.ProjectOverrides.AsNoTracking().FirstOrDefaultAsync(row => row.ProjectId == project.Id, cancellation),
            await db.OrganizationLimits.AsNoTracking().FirstOrDefaultAsync(row => row.OrganizationId == project.OrganizationId, cancellation));
    }

    /// <param name="changes">By name, see <see cref="NamesOfProject"/>; null takes the project's own value away.</param>
    public async Task<Outcome<IReadOnlyList<LimitView>>> ChangeAsync(
        Caller caller, string projectIdOrName, IReadOnlyDictionary<string, long?> changes, CancellationToken cancellation)
    {
        if ((await projects.FindOperatedAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        if (caller.OnlyProject is not null)
            return new Refusal(RefusalCode.Forbidden, "A token of one project reads its limits; a token of its organization changes them");
        if (!caller.IsOperator && caller.Refuse(project.OrganizationId, Act.Administer) is { } forbidden)
            return forbidden;

        // the ceilings within the transaction: they may be lowered at the same time
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (!await db.Projects.AnyAsync(row => row.Id == project.Id, cancellation))
            return Projects.Projects.NotFound(projectIdOrName);
        var organization = await db.OrganizationLimits.AsNoTracking().FirstOrDefaultAsync(row => row.OrganizationId == project.OrganizationId, cancellation);
        if (Check(KnownLimits.OfProject, changes, EffectiveLimits.Merge(organization, null)).IsRefused(out refusal, out var changed))
            return refusal;
        if (await db.ProjectOverrides.FirstOrDefaultAsync(own => own.ProjectId == project.Id, cancellation) is not { } row)
            db.ProjectOverrides.Add(row = new() { ProjectId = project.Id });
        Apply(changed, row);
        audit.Add(caller, project.OrganizationId, "limits.update", "project", project.Id.ToString(), Tell(changes));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        await PublishAsync(db.MappedHosts.Where(host => host.ProjectId == project.Id).Select(host => host.Host));
        return View(row, organization);
    }

    static Outcome<List<(Limit Limit, long? Value)>> Check(
        IReadOnlyList<Limit> known, IReadOnlyDictionary<string, long?> changes, ProjectLimits? ceilings)
    {
        var changed = new List<(Limit, long?)>(changes.Count);
        foreach (var (name, value) in changes)
        {
            var limit = known.First(limit => limit.Name == name);
            if (value is { } given && limit.Problem(given) is { } problem)
                return Bad(name, problem);
            if (value is { } wanted && ceilings is not null && !limit.IsWithin(wanted, limit.Of(ceilings)))
                return Bad(name, $"must not be more than the organization's, which is {limit.Of(ceilings)}");
            changed.Add((limit, value));
        }
        return changed;

        static Refusal Bad(string field, string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
    }

    static void Apply(List<(Limit Limit, long? Value)> changed, LimitColumns row)
    {
        foreach (var (limit, value) in changed)
            limit.Set(row, value);
    }

    static string Tell(IReadOnlyDictionary<string, long?> changes) =>
        string.Join(", ", changes.Select(change => $"{change.Key}={(change.Value is { } value ? value.ToString(CultureInfo.InvariantCulture) : "null")}"));

    /// <summary>From here on it cannot be taken back, so a caller that gives up does not stop it.</summary>
    async Task PublishAsync(IQueryable<string> hosts) =>
        await routes.PublishAsync(await hosts.ToListAsync(CancellationToken.None), CancellationToken.None);

    static List<LimitView> View(OrganizationLimits? own)
    {
        var effective = EffectiveLimits.Merge(own, null);
        return [.. KnownLimits.OfOrganization.Select(limit =>
            new LimitView(limit.Name, limit.Of(effective), own is null ? null : limit.Get(own), limit.Of(ProjectLimits.Default)))];
    }

    static List<LimitView> View(ProjectOverrides? own, OrganizationLimits? organization)
    {
        var (effective, inherited) = (EffectiveLimits.Merge(organization, own), EffectiveLimits.Merge(organization, null));
        return [.. KnownLimits.OfProject.Select(limit =>
            new LimitView(limit.Name, limit.Of(effective), own is null ? null : limit.Get(own), limit.Of(inherited)))];
    }
}
