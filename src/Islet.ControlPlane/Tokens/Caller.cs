using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Users;
using Islet.Contracts;

namespace Islet.ControlPlane.Tokens;

/// <summary>Who asks, as far as rows are concerned: the organizations a token opens, and the one project if it is that narrow.</summary>
public sealed record Caller(Guid Token, UserId User, IReadOnlyList<OrganizationId> Organizations, ProjectId? OnlyProject);

/// <summary>
/// Tenancy as a predicate: each query of an operation starts with one of these, so a row of somebody else is not found
/// instead of refused.
/// </summary>
static class CallerFilters
{
    public static IQueryable<Organization> Of(this IQueryable<Organization> rows, Caller caller)
    {
        var mine = caller.Organizations;
        return rows.Where(row => mine.Contains(row.Id));
    }

    public static IQueryable<Project> Of(this IQueryable<Project> rows, Caller caller)
    {
        var (mine, only) = (caller.Organizations, caller.OnlyProject);
        return only is null
            ? rows.Where(row => mine.Contains(row.OrganizationId))
            : rows.Where(row => mine.Contains(row.OrganizationId) && row.Id == only);
    }

    public static IQueryable<Deployment> Of(this IQueryable<Deployment> rows, Caller caller)
    {
        var (mine, only) = (caller.Organizations, caller.OnlyProject);
        return only is null
            ? rows.Where(row => mine.Contains(row.OrganizationId))
            : rows.Where(row => mine.Contains(row.OrganizationId) && row.ProjectId == only);
    }
}
