using System.Diagnostics.CodeAnalysis;
using Islet.Contracts;

namespace Islet.Isolates.Pool;

/// <summary>
/// Who has a place on this node, also by organization. An isolate that drains or ends has none any more: the one that
/// takes its place does not have to wait. Belongs to the pool's lock.
/// </summary>
internal sealed class Residents
{
    readonly Dictionary<DeploymentId, Resident> all = [];
    readonly Dictionary<OrganizationId, int> perOrganization = [];

    public bool TryGet(DeploymentId deployment, [NotNullWhen(true)] out Resident? resident) => all.TryGetValue(deployment, out resident);

    public int CountOf(OrganizationId organization) => perOrganization.GetValueOrDefault(organization);

    public Resident Add(IsolateSpec spec)
    {
        var resident = new Resident { Organization = spec.Organization };
        all.Add(spec.Deployment, resident);
        perOrganization[spec.Organization] = CountOf(spec.Organization) + 1;
        return resident;
    }

    public bool Remove(DeploymentId deployment, [NotNullWhen(true)] out Resident? resident)
    {
        if (!all.Remove(deployment, out resident))
            return false;
        var left = CountOf(resident.Organization) - 1;
        if (left > 0)
            perOrganization[resident.Organization] = left;
        else
            perOrganization.Remove(resident.Organization);
        return true;
    }

    public void Clear()
    {
        all.Clear();
        perOrganization.Clear();
    }
}
