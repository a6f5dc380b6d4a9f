using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>
/// Production is the deployment that the project's own host leads to. One that takes its place takes that host, and the
/// custom ones that lead to it. A project without such a host may have one that acts as production all the same: crons and
/// messages are its work.
/// </summary>
public sealed class ProductionDeployments(IsletDb db)
{
    /// <summary>Null when the project's host leads nowhere.</summary>
    public async Task<DeploymentId?> FindAsync(ProjectId project, CancellationToken cancellation) => await
        OwnHosts.Where(host => host.ProjectId == project).Select(host => (DeploymentId?)host.DeploymentId).FirstOrDefaultAsync(cancellation);

    /// <summary>Those of an organization's projects that have a production deployment.</summary>
    public async Task<HashSet<ProjectId>> OfAsync(OrganizationId organization, CancellationToken cancellation) => await
        OwnHosts.Where(host => host.OrganizationId == organization).Select(host => host.ProjectId).ToHashSetAsync(cancellation);

    /// <summary>
    /// Production; without it the newest of those that custom domains lead to; without these the newest that has a host. Null:
    /// nothing of the project is to be reached.
    /// </summary>
    public async Task<DeploymentId?> FindActingAsync(ProjectId project, CancellationToken cancellation) =>
        (await ActingAsync(db.Projects.Where(row => row.Id == project), cancellation)).GetValueOrDefault(project);

    /// <summary>The same of each project that has crons.</summary>
    internal Task<Dictionary<ProjectId, DeploymentId?>> ActingWithCronsAsync(CancellationToken cancellation) =>
        ActingAsync(db.Projects.Where(project => db.Crons.Any(cron => cron.ProjectId == project.Id)), cancellation);

    /// <summary>For <see cref="Deployment.HostTemplates"/> of one that is to be production. A custom host made for the old one by its id stays there.</summary>
    internal async Task<List<string>> TemplatesAsync(ProjectId project, CancellationToken cancellation)
    {
        var templates = new List<string> { HostTemplate.OfProject, HostTemplate.OfDeployment };
        if (await FindAsync(project, cancellation) is not { } present)
            return templates;
        var hosts = await db.MappedHosts.Where(host => host.DeploymentId == present).OrderBy(host => host.Position).Select(host => host.Host).ToListAsync(cancellation);
        templates.AddRange(hosts.Where(host =>
            host.Contains('.', StringComparison.Ordinal) && !host.Contains(present.Value, StringComparison.Ordinal)).Take(DeploymentLimits.Domains - templates.Count));
        return templates;
    }

    IQueryable<MappedHost> OwnHosts =>
        from host in db.MappedHosts
        join project in db.Projects on host.ProjectId equals project.Id
        where host.Host == project.Name
        select host;

    async Task<Dictionary<ProjectId, DeploymentId?>> ActingAsync(IQueryable<Project> projects, CancellationToken cancellation)
    {
        var own = OwnHosts;
        var newestFirst =
            from host in db.MappedHosts
            join deployment in db.Deployments on host.DeploymentId equals deployment.Id
            orderby deployment.CreatedAt descending, deployment.Id descending
            select host;
        var rows = await projects.Select(project => new
        {
            project.Id,
            Own = own.Where(host => host.ProjectId == project.Id).Select(host => (DeploymentId?)host.DeploymentId).FirstOrDefault(),
            Custom = newestFirst.Where(host => host.ProjectId == project.Id && EF.Functions.Like(host.Host, "%.%")).Select(host => (DeploymentId?)host.DeploymentId).FirstOrDefault(),
            Newest = newestFirst.Where(host => host.ProjectId == project.Id).Select(host => (DeploymentId?)host.DeploymentId).FirstOrDefault(),
        }).ToListAsync(cancellation);
        return rows.ToDictionary(row => row.Id, row => row.Own ?? row.Custom ?? row.Newest);
    }
}
