using Islet.ControlPlane.Tokens;

namespace Islet.ControlPlane.Databases;

static class DatabaseFilters
{
    /// <summary>Databases are an organization's; a token of one project sees none.</summary>
    public static IQueryable<KvDatabase> Of(this IQueryable<KvDatabase> rows, Caller caller)
    {
        var mine = caller.OnlyProject is null ? caller.Organizations : [];
        return rows.Where(row => mine.Contains(row.OrganizationId));
    }

    /// <inheritdoc cref="Of(IQueryable{KvDatabase}, Caller)"/>
    public static IQueryable<DatabaseBackup> Of(this IQueryable<DatabaseBackup> rows, Caller caller)
    {
        var mine = caller.OnlyProject is null ? caller.Organizations : [];
        return rows.Where(row => mine.Contains(row.OrganizationId));
    }
}
