using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Limits;

/// <summary>
/// What counts: the platform's limits, the organization's laid over them, the project's laid over those as far as they
/// ask for less. So an organization that is lowered lowers all its projects, whatever they have set.
/// </summary>
static class EffectiveLimits
{
    public static ProjectLimits Merge(OrganizationLimits? organization, ProjectOverrides? project)
    {
        var limits = ProjectLimits.Default;
        if (organization is not null)
            foreach (var limit in KnownLimits.OfOrganization)
                if (limit.Get(organization) is { } value)
                    limits = limit.With(limits, value);
        if (project is not null)
            foreach (var limit in KnownLimits.OfProject)
                if (limit.Get(project) is { } value && limit.IsWithin(value, limit.Of(limits)))
                    limits = limit.With(limits, value);
        return limits;
    }

    public static async Task<ProjectLimits> ReadAsync(IsletDb db, OrganizationId organization, ProjectId? project, CancellationToken cancellation) => Merge(
        await db.OrganizationLimits.AsNoTracking().FirstOrDefaultAsync(row => row.OrganizationId == organization, cancellation),
        project is null ? null : await db.ProjectOverrides.AsNoTracking().FirstOrDefaultAsync(row => row.ProjectId == project, cancellation));

    /// <summary>For many projects at once; those where nobody has set anything are not in it.</summary>
    public static async Task<Dictionary<ProjectId, ProjectLimits>> ReadAsync(
        IsletDb db, IEnumerable<(OrganizationId Organization, ProjectId Project)> wanted, CancellationToken cancellation)
    {
        const int AtOnce = 500;
        var projects = wanted.Distinct().ToList();
        var organizations = new Dictionary<OrganizationId, OrganizationLimits>();
        var overrides = new Dictionary<ProjectId, ProjectOverrides>();
        foreach (var some in projects.Select(pair => pair.Organization).Distinct().Chunk(AtOnce))
            foreach (var row in await db.OrganizationLimits.AsNoTracking().Where(row => some.Contains(row.OrganizationId)).ToListAsync(cancellation))
                organizations.Add(row.OrganizationId, row);
        foreach (var some in projects.Select(pair => pair.Project).Chunk(AtOnce))
            foreach (var row in await db.ProjectOverrides.AsNoTracking().Where(row => some.Contains(row.ProjectId)).ToListAsync(cancellation))
                overrides.Add(row.ProjectId, row);

        var limits = new Dictionary<ProjectId, ProjectLimits>();
        foreach (var (organization, project) in projects)
            if ((organizations.GetValueOrDefault(organization), overrides.GetValueOrDefault(project)) is var (all, own) && (all ?? (object?)own) is not null)
                limits.Add(project, Merge(all, own));
        return limits;
    }
}
