using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <summary>Leads a domain's own name to a deployment, or nowhere: the older way to say what <see cref="AttachDomain"/> does.</summary>
public sealed class AssociateDomain(IsletDb db, VerifyDomain verify, AttachDomain attach, RoutePublisher routes)
{
    /// <summary>Null when done.</summary>
    /// <param name="deployment">Null: the name leads nowhere from now on.</param>
    public async Task<Refusal?> RunAsync(Caller caller, Guid id, DeploymentId? deployment, CancellationToken cancellation)
    {
        var domain = await db.Domains.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (domain is null)
            return Domains.NotFound(id);
        if (caller.Refuse(domain.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        if (deployment is { } target)
            return await verify.RunAsync(caller, id, cancellation) ?? (await attach.RunAsync(caller, target, domain.Name, cancellation)).Refusal;

        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.MappedHosts.Where(row => row.Host == domain.Name && row.OrganizationId == domain.OrganizationId).ExecuteDeleteAsync(cancellation);
        await db.DormantHosts.Where(row => row.Host == domain.Name && row.OrganizationId == domain.OrganizationId).ExecuteDeleteAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        await routes.PublishAsync([domain.Name], CancellationToken.None);
        return null;
    }
}
