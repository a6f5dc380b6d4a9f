using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <summary>A domain becomes its organization's, and sleeping mappings below it come back.</summary>
public sealed class VerifyDomain(IsletDb db, IDomainVerifier verifier, HostNames names, HostOwnership ownership, RoutePublisher routes, CertificatePublisher certificates, TimeProvider time)
{
    /// <summary>Null when it is verified; asking again changes nothing.</summary>
    public async Task<Refusal?> RunAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        // 1 what is asked for
        var seen = await db.Domains.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (seen is null)
            return Domains.NotFound(id);
        if (caller.Refuse(seen.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        if (seen.VerifiedName is not null)
            return null;

        // 2 the outside, which may take its time: no transaction is open
        var proof = await verifier.CheckAsync(seen.Name, names.ChallengeTarget(DomainName.Token(seen.OrganizationId, seen.Name)), cancellation);
        if (proof.Problem is { } problem)
            return new(RefusalCode.DomainNotVerified, $"The domain {seen.Name} could not be verified: {problem}");

        // 3 one organization has it
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var row = await db.Domains.FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (row is null)
            return Domains.NotFound(id);
        var holder = await db.Domains.FirstOrDefaultAsync(other => other.VerifiedName == row.Name && other.Id != id, cancellation);
        if (holder is not null)
        {
            if (!proof.Proven)
                return new(RefusalCode.DomainInUse, $"The domain {row.Name} is verified in another organization");
            holder.VerifiedName = null;
            await db.SaveChangesAsync(cancellation);
        }
        (row.VerifiedName, row.UpdatedAt) = (row.Name, time.Moment());
        await db.SaveChangesAsync(cancellation);
        var changed = await ownership.SettleAsync(row.Name, cancellation);
        await transaction.CommitAsync(cancellation);

        // 4 visitors
        await routes.PublishAsync(changed, CancellationToken.None);
        await certificates.PublishAsync(holder is null ? [id] : [id, holder.Id], CancellationToken.None);
        return null;
    }
}
