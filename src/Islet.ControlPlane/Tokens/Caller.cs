using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Users;
using Islet.Contracts;

namespace Islet.ControlPlane.Tokens;

/// <summary>Who asks, as far as rows are concerned: the organizations a token opens, and the one project if it is that narrow.</summary>
public sealed record Caller(Guid Token, UserId User, IReadOnlyList<OrganizationId> Organizations, ProjectId? OnlyProject)
{
    /// <summary>What the user is in each of <see cref="Organizations"/>.</summary>
    public required IReadOnlyDictionary<OrganizationId, Role> Roles { get; init; }

    public TokenScope Scope { get; init; }

    public string TokenName { get; init; } = "";

    /// <summary>Null: never. What a token makes does not outlive it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The user's.</summary>
    public string Email { get; init; } = "";

    /// <summary>Set for calls that may change something.</summary>
    public Trail? Trail { get; init; }

    /// <summary>Whether an operator asks with a token that opens all that they may. A narrower token has none of it.</summary>
    public bool IsOperator { get; init; }
}

/// <summary>
/// Tenancy as a predicate: each query of an operation starts with one of these, so a row of somebody else is not found
/// instead of refused. One organization, which is what most tokens open, is a value of its own: the text of a query with
/// a list is made anew for each call.
/// </summary>
static class CallerFilters
{
    public static IQueryable<Organization> Of(this IQueryable<Organization> rows, Caller caller)
    {
        if (caller.Organizations is [var single])
            return rows.Where(row => row.Id == single);
        var mine = caller.Organizations;
        return rows.Where(row => mine.Contains(row.Id));
    }

    /// <summary>Limits are the operator's, whoever owns the organization.</summary>
    public static IQueryable<Organization> OfOrOperatedBy(this IQueryable<Organization> rows, Caller caller) =>
        caller.IsOperator ? rows : rows.Of(caller);

    /// <inheritdoc cref="OfOrOperatedBy(IQueryable{Organization}, Caller)"/>
    public static IQueryable<Project> OfOrOperatedBy(this IQueryable<Project> rows, Caller caller) =>
        caller.IsOperator ? rows : rows.Of(caller);

    public static IQueryable<Project> Of(this IQueryable<Project> rows, Caller caller)
    {
        var (mine, only) = (caller.Organizations, caller.OnlyProject);
        if (only is null && mine is [var single])
            return rows.Where(row => row.OrganizationId == single);
        return only is null
            ? rows.Where(row => mine.Contains(row.OrganizationId))
            : rows.Where(row => mine.Contains(row.OrganizationId) && row.Id == only);
    }

    public static IQueryable<Deployment> Of(this IQueryable<Deployment> rows, Caller caller)
    {
        var (mine, only) = (caller.Organizations, caller.OnlyProject);
        if (only is null && mine is [var single])
            return rows.Where(row => row.OrganizationId == single);
        return only is null
            ? rows.Where(row => mine.Contains(row.OrganizationId))
            : rows.Where(row => mine.Contains(row.OrganizationId) && row.ProjectId == only);
    }
}
