using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Organizations;

/// <summary>
/// An organization goes with all that it has: projects, deployments, hosts, members, tokens. Its lines in the audit log
/// stay. No visitor reaches its deployments once this returns. Also somebody's only organization may go: they make another.
/// </summary>
public sealed class DeleteOrganization(
    IsletDb db, AuditLog audit, RoutePublisher routes, CertificatePublisher certificates, TokenCache tokens, IIsolates isolates, Leftovers leftovers)
{
    /// <summary>Null when done.</summary>
    /// <param name="force">Whether projects go with it; else one that has some stays.</param>
    public async Task<Refusal?> RunAsync(Caller caller, OrganizationId id, bool force, CancellationToken cancellation)
    {
        // 1 the rows, most by cascade
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.Organizations.Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } organization)
            return Organizations.NotFound(id);
        if (caller.Refuse(id, Act.Own) is { } refusal)
            return refusal;
        if (!force && await db.Projects.CountAsync(row => row.OrganizationId == id, cancellation) is > 0 and var projects)
            return new(RefusalCode.Conflict, $"The organization has {projects} projects: delete them before, or ask with force=true");
        var hosts = await db.MappedHosts.Where(host => host.OrganizationId == id).Select(host => host.Host).ToListAsync(cancellation);
        var deployments = await db.Deployments.Where(row => row.OrganizationId == id).Select(row => new { row.Id, row.ArtifactId }).ToListAsync(cancellation);
        var domains = await db.Domains.Where(row => row.OrganizationId == id).Select(row => row.Id).ToListAsync(cancellation);
        await db.Tokens.Where(token => token.OrganizationId == id).ExecuteDeleteAsync(cancellation);
        await db.Projects.Where(project => project.OrganizationId == id).ExecuteDeleteAsync(cancellation);
        db.Organizations.Remove(organization);
        audit.Add(caller, id, "organization.delete", "organization", id.ToString(), organization.Name);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);

        // 2 what may still act on them
        tokens.Forget();
        await routes.PublishAsync(hosts, CancellationToken.None);
        await certificates.PublishAsync(domains, CancellationToken.None);
        foreach (var deployment in deployments)
        {
            isolates.Drain(deployment.Id, ShutdownReason.Deleted);
            leftovers.Add(deployment.Id, deployment.ArtifactId);
        }
        return null;
    }
}
