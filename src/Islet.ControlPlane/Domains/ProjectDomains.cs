using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <param name="IsVerified">False while a custom host waits for its organization to have the domain again.</param>
public sealed record ProjectDomain(string Host, bool IsVerified);

/// <summary>Hosts of a project that are not one deployment's own.</summary>
public sealed class ProjectDomains(IsletDb db, HostNames names)
{
    const int MaxHosts = 1000;

    /// <summary>The project's own first, then custom ones by name. The project must be one that the caller was given.</summary>
    public async Task<IReadOnlyList<ProjectDomain>> ListAsync(ProjectId project, string projectName, CancellationToken cancellation)
    {
        var mapped = await db.MappedHosts.Where(host => host.ProjectId == project && (host.Host == projectName || EF.Functions.Like(host.Host, "%.%")))
            .OrderBy(host => host.Host).Select(host => host.Host).Take(MaxHosts).ToListAsync(cancellation);
        var asleep = await db.DormantHosts.Where(host => host.ProjectId == project)
            .OrderBy(host => host.Host).Select(host => host.Host).Take(MaxHosts).ToListAsync(cancellation);
        return
        [
            .. mapped.Where(host => host == projectName).Concat(mapped.Where(host => host != projectName)).Select(host => new ProjectDomain(names.Full(host), IsVerified: true)),
            .. asleep.Select(host => new ProjectDomain(host, IsVerified: false)),
        ];
    }
}
