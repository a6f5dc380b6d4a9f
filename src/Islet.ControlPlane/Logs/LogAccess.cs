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
    /// <summary>The state of the build, or the refusal that a missing deployment and another one's have in common.</summary>
    public async ValueTask<Outcome<DeploymentStatus>> FindAsync(Caller caller, DeploymentId deployment, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var found = await scope.ServiceProvider.GetRequiredService<IsletDb>().Deployments
            .Of(caller)
            .Where(row => row.Id == deployment)
            .Select(row => (DeploymentStatus?)row.Status)
            .SingleOrDefaultAsync(cancellation);
        return found is { } status ? status : Deployments.Deployments.NotFound(deployment);
    }
}
