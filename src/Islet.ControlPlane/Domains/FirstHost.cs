using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <summary>The host by which the platform itself visits a deployment, for its crons and the messages of its queue.</summary>
sealed class FirstHost(IsletDb db, HostNames names)
{
    /// <summary>As a visitor types it; null: no host leads to the deployment.</summary>
    public async Task<string?> FindAsync(DeploymentId deployment, CancellationToken cancellation)
    {
        var stored = await db.MappedHosts.Where(row => row.DeploymentId == deployment).OrderBy(row => row.Position).Select(row => row.Host).FirstOrDefaultAsync(cancellation);
        return stored is null ? null : names.Full(stored);
    }
}
