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
    /// <summary>More are not named one by one: few have limits of their own, so all rows are read.</summary>
    const int NamedInQuery = 500;

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
        var projects = wanted.Distinct().ToList();
        var (organizationRows, projectRows) = (db.OrganizationLimits.AsNoTracking(), db.ProjectOverrides.AsNoTracking());
        if (projects.Count <= NamedInQuery)
        {
            var (organizationIds, projectIds) = (projects.Select(pair => pair.Organization).Distinct().ToList(), projects.ConvertAll(pair => pair.Project));
            organizationRows = organizationRows.Where(row => organizationIds.Contains(row.OrganizationId));
            projectRows = projectRows.Where(row => projectIds.Contains(row.ProjectId));
        }
        var organizations = await organizationRows.ToDictionaryAsync(row => row.OrganizationId, cancellation);
        var overrides = await projectRows.ToDictionaryAsync(row => row.ProjectId, cancellation);

        var limits = new Dictionary<ProjectId, ProjectLimits>();
        foreach (var (organization, project) in projects)
        {
            var (all, own) = (organizations.GetValueOrDefault(organization), overrides.GetValueOrDefault(project));
            if (all is not null || own is not null)
                limits.Add(project, Merge(all, own));
        }
        return limits;
    }
}
