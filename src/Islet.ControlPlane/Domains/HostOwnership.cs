using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <summary>
/// Whose a custom host is: of the organization that has the name itself verified, else of the one that has the wildcard
/// over it. Mappings sleep while their organization is not that one.
/// </summary>
public sealed class HostOwnership(IsletDb db)
{
    /// <summary>The verified domain that decides over each host; hosts that nobody has are not in it.</summary>
    internal async Task<Dictionary<string, Domain>> FindAsync(IReadOnlyCollection<string> hosts, CancellationToken cancellation)
    {
        var candidates = hosts.Concat(hosts.Select(DomainName.WildcardOver)).Distinct(StringComparer.Ordinal).ToList();
        var verified = await db.Domains.AsNoTracking()
            .Where(row => row.VerifiedName != null && candidates.Contains(row.VerifiedName)).ToDictionaryAsync(row => row.VerifiedName!, cancellation);
        var owners = new Dictionary<string, Domain>(StringComparer.Ordinal);
        foreach (var host in hosts)
            if ((verified.GetValueOrDefault(host) ?? verified.GetValueOrDefault(DomainName.WildcardOver(host))) is { } owner)
                owners[host] = owner;
        return owners;
    }

    /// <summary>
    /// After the verification of a name began or ended, within the same transaction: mappings that lost their domain fall
    /// asleep, those that have it again come back. Gives the hosts to publish.
    /// </summary>
    internal async Task<List<string>> SettleAsync(string name, CancellationToken cancellation)
    {
        var below = DomainName.IsWildcard(name) ? "." + DomainName.Base(name) : null;
        var mapped = (await db.MappedHosts.Where(row => row.Host == name || (below != null && row.Host.EndsWith(below))).ToListAsync(cancellation))
            .FindAll(row => DomainName.Covers(name, row.Host));
        var dormant = (await db.DormantHosts.Where(row => row.Host == name || (below != null && row.Host.EndsWith(below))).ToListAsync(cancellation))
            .FindAll(row => DomainName.Covers(name, row.Host));
        var owners = await FindAsync([.. mapped.Select(row => row.Host).Concat(dormant.Select(row => row.Host)).Distinct(StringComparer.Ordinal)], cancellation);
        var changed = new List<string>();

        // 1 to sleep; saved by itself, because another organization's mapping may take the key
        foreach (var row in mapped.FindAll(row => owners.GetValueOrDefault(row.Host)?.OrganizationId != row.OrganizationId))
        {
            db.MappedHosts.Remove(row);
            Sleep(dormant, row.OrganizationId, row.Host, row.ProjectId, row.DeploymentId, row.Position);
            mapped.Remove(row);
            changed.Add(row.Host);
        }
        await db.SaveChangesAsync(cancellation);

        // 2 and awake, unless a newer mapping is there
        foreach (var row in dormant.FindAll(row => owners.GetValueOrDefault(row.Host)?.OrganizationId == row.OrganizationId))
        {
            db.DormantHosts.Remove(row);
            if (mapped.Exists(present => present.Host == row.Host))
                continue;
            db.MappedHosts.Add(new()
            {
                Host = row.Host, OrganizationId = row.OrganizationId, ProjectId = row.ProjectId, DeploymentId = row.DeploymentId, Position = row.Position,
            });
            changed.Add(row.Host);
        }
        await db.SaveChangesAsync(cancellation);
        return changed;
    }

    void Sleep(List<DormantHost> dormant, OrganizationId organization, string host, ProjectId project, DeploymentId deployment, int position)
    {
        if (dormant.Find(row => row.Host == host && row.OrganizationId == organization) is { } present)
            (present.ProjectId, present.DeploymentId, present.Position) = (project, deployment, position);
        else
            db.DormantHosts.Add(new() { OrganizationId = organization, Host = host, ProjectId = project, DeploymentId = deployment, Position = position });
    }
}
