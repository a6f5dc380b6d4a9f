using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// Whose logs a caller may read. A log is read for as long as the reader likes, so each question takes a database
/// context of its own and gives it back.
/// </summary>
public sealed class LogAccess(IServiceScopeFactory scopes)
{
    /// <summary>Null when the deployment does not exist or is not the caller's: the two look alike.</summary>
    public async ValueTask<DeploymentStatus?> FindAsync(Caller caller, DeploymentId deployment, CancellationToken cancellation)
    {
        if (!DeploymentIds.IsOne(deployment.Value))
            return null;
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IsletDb>().Deployments
            .Of(caller)
            .Where(row => row.Id == deployment)
            .Select(row => (DeploymentStatus?)row.Status)
            .SingleOrDefaultAsync(cancellation);
    }
}
