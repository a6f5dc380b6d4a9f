using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Databases;

/// <summary>Who may look at the entries of a database and who may change them; what they contain is kept elsewhere.</summary>
public sealed class DatabaseAccess(IsletDb db, AuditLog audit)
{
    /// <summary>The organization of the database.</summary>
    public async Task<Outcome<OrganizationId>> FindAsync(Caller caller, Guid id, bool toChange, CancellationToken cancellation)
    {
        var row = await db.Databases.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (row is null)
            return Databases.NotFound(id);
        return caller.Refuse(row.OrganizationId, toChange ? Act.Deploy : Act.Read) is { } forbidden ? forbidden : row.OrganizationId;
    }

    /// <summary>Puts a change that was done into the audit log. It is not undone when that fails.</summary>
    /// <param name="operation">Such as entry.put.</param>
    public async Task RecordAsync(Caller caller, OrganizationId organization, Guid id, string operation, string detail, CancellationToken cancellation)
    {
        audit.Add(caller, organization, operation, "database", id.ToString("D"), detail);
        await db.SaveChangesAsync(cancellation);
    }
}
