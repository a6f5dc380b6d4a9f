using Islet.ControlPlane.Tokens;

namespace Islet.ControlPlane.Domains;

static class DomainFilters
{
    /// <summary>Domains are an organization's; a token of one project sees none.</summary>
    public static IQueryable<Domain> Of(this IQueryable<Domain> rows, Caller caller)
    {
        var mine = caller.OnlyProject is null ? caller.Organizations : [];
        return rows.Where(row => mine.Contains(row.OrganizationId));
    }
}
