using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>The build has failed: nothing visible changes but the status.</summary>
public sealed class FailDeployment(IsletDb db, TimeProvider time)
{
    const int MaxReason = 1000;

    /// <summary>False when the deployment was deleted meanwhile, is not pending, or is another builder's by now.</summary>
    public async Task<bool> RunAsync(DeploymentId id, string? builder, string reason, CancellationToken cancellation)
    {
        var now = time.Moment();
        var kept = reason.Length > MaxReason ? reason[..MaxReason] : reason;
        return await db.Deployments
            .Where(deployment => deployment.Id == id && deployment.Status == DeploymentStatus.Pending && deployment.ClaimedBy == builder)
            .ExecuteUpdateAsync(row => row
                .SetProperty(d => d.Status, DeploymentStatus.Failed)
                .SetProperty(d => d.Failure, kept)
                .SetProperty(d => d.UpdatedAt, now)
                .SetProperty(d => d.ClaimedBy, (string?)null)
                .SetProperty(d => d.ClaimedAt, (DateTimeOffset?)null), cancellation) == 1;
    }
}
