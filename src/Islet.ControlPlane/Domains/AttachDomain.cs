using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <summary>Leads a host to a deployment that is built, and away from it.</summary>
public sealed class AttachDomain(IsletDb db, AttachableHosts attachable, HostNames names, RoutePublisher routes)
{
    const string Field = "domain";

    /// <summary>Gives the full host. One that leads to another deployment of the organization is moved.</summary>
    public async Task<Outcome<string>> RunAsync(Caller caller, DeploymentId id, string given, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);

        // 1 which host, and may it
        if (await FindAsync(caller, id, cancellation) is not { } target)
            return Deployments.Deployments.NotFound(id);
        if (caller.Refuse(target.Organization, Act.Deploy) is { } forbidden)
            return forbidden;
        if (target.Status != DeploymentStatus.Success)
            return new Refusal(RefusalCode.BadRequest, "Only a deployment whose build succeeded can have domains attached", "deploymentId");
        if ((await attachable.TemplateAsync(target.Organization, given, target.ProjectName, id, Field, cancellation)).IsRefused(out var refusal, out var template))
            return refusal;
        var host = HostTemplate.Resolve(template, target.ProjectName, id);

        // 2 the one row that says where it leads
        var mapped = await db.MappedHosts.FirstOrDefaultAsync(row => row.Host == host, cancellation);
        if (mapped is not null && (mapped.OrganizationId != target.Organization || (caller.OnlyProject is not null && mapped.ProjectId != target.Project)))
            return new Refusal(RefusalCode.DomainInUse, $"The domain \"{names.Full(host)}\" leads to a deployment of another project", Field);
        if (mapped?.DeploymentId == id)
            return names.Full(host);
        var position = await db.MappedHosts.Where(row => row.DeploymentId == id).MaxAsync(row => (int?)row.Position, cancellation) + 1 ?? 0;
        if (mapped is null)
            db.MappedHosts.Add(new() { Host = host, OrganizationId = target.Organization, ProjectId = target.Project, DeploymentId = id, Position = position });
        else
            (mapped.ProjectId, mapped.DeploymentId, mapped.Position) = (target.Project, id, position);
        await db.SaveChangesAsync(cancellation);
        await db.DormantHosts.Where(row => row.OrganizationId == target.Organization && row.Host == host).ExecuteDeleteAsync(cancellation);
        await transaction.CommitAsync(cancellation);

        // 3 visitors
        await routes.PublishAsync([host], CancellationToken.None);
        return names.Full(host);
    }

    /// <summary>Null when done. A mapping that sleeps is forgotten too.</summary>
    public async Task<Refusal?> DetachAsync(Caller caller, DeploymentId id, string given, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await FindAsync(caller, id, cancellation) is not { } target)
            return Deployments.Deployments.NotFound(id);
        if (caller.Refuse(target.Organization, Act.Deploy) is { } forbidden)
            return forbidden;
        if (attachable.Host(given, target.ProjectName, id, Field).IsRefused(out var refusal, out var host))
            return refusal;
        var removed = await db.MappedHosts.Where(row => row.Host == host && row.DeploymentId == id).ExecuteDeleteAsync(cancellation);
        removed += await db.DormantHosts.Where(row => row.Host == host && row.DeploymentId == id).ExecuteDeleteAsync(cancellation);
        if (removed == 0)
            return new(RefusalCode.DomainNotFound, $"The domain \"{given}\" does not lead to the deployment {id}", Field);
        await transaction.CommitAsync(cancellation);

        await routes.PublishAsync([host], CancellationToken.None);
        return null;
    }

    async Task<Target?> FindAsync(Caller caller, DeploymentId id, CancellationToken cancellation) => await (
        from deployment in db.Deployments.Of(caller)
        join project in db.Projects on deployment.ProjectId equals project.Id
        where deployment.Id == id
        select new Target(deployment.OrganizationId, project.Id, project.Name, deployment.Status)).FirstOrDefaultAsync(cancellation);

    sealed record Target(OrganizationId Organization, ProjectId Project, string ProjectName, DeploymentStatus Status);
}
