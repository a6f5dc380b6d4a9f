using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <summary>A domain goes with its certificates. Its mappings only fall asleep, see <see cref="DormantHost"/>.</summary>
public sealed class DeleteDomain(IsletDb db, HostOwnership ownership, RoutePublisher routes, CertificatePublisher certificates)
{
    /// <summary>Null when done; no visitor comes by it once this returns.</summary>
    public async Task<Refusal?> RunAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var row = await db.Domains.Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (row is null)
            return Domains.NotFound(id);
        if (caller.Refuse(row.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        db.Domains.Remove(row);
        await db.SaveChangesAsync(cancellation);
        var changed = row.VerifiedName is null ? [] : await ownership.SettleAsync(row.Name, cancellation);
        await transaction.CommitAsync(cancellation);

        await routes.PublishAsync(changed, CancellationToken.None);
        await certificates.PublishAsync([id], CancellationToken.None);
        return null;
    }
}
