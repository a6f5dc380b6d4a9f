using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Databases;

/// <summary>Databases that a deployment names.</summary>
public sealed class DatabaseReferences(IsletDb db)
{
    /// <summary>Null when all are databases of the organization. Their forms have been checked.</summary>
    internal async Task<Refusal?> CheckAsync(OrganizationId organization, IReadOnlyDictionary<string, string> databases, CancellationToken cancellation)
    {
        foreach (var (name, text) in databases)
        {
            var id = Guid.ParseExact(text, "D");
            if (await db.Databases.AnyAsync(row => row.Id == id && row.OrganizationId == organization, cancellation))
                continue;
            var path = FieldPath.Entry("databases", name);
            return new(RefusalCode.DatabaseNotFound, $"{path}: the database does not exist in this organization", path);
        }
        return null;
    }
}
