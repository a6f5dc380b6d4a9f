using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Crons;

/// <summary>
/// Lets crons run of the deployments that are production now, and of no others. It looks again and again, because hosts
/// move in many ways; what a project's host leads to counts within seconds.
/// </summary>
public sealed class FollowProduction(IsletDb db, ProductionDeployments productions, TimeProvider time)
{
    public async Task RunAsync(CancellationToken cancellation)
    {
        var live = (await db.Crons.Where(cron => cron.Live).Select(cron => new { cron.ProjectId, cron.DeploymentId }).Distinct().ToListAsync(cancellation))
            .ToLookup(cron => cron.ProjectId, cron => cron.DeploymentId);
        foreach (var (project, production) in await productions.ActingWithCronsAsync(cancellation))
        {
            if (live[project].Any(deployment => deployment != production) || (production is { } wanted && !live[project].Contains(wanted) && await HasCronsAsync(wanted, cancellation)))
                await SwitchAsync(project, cancellation);
        }
    }

    Task<bool> HasCronsAsync(DeploymentId deployment, CancellationToken cancellation) =>
        db.Crons.AnyAsync(cron => cron.DeploymentId == deployment, cancellation);

    /// <summary>Looks once more within the transaction: another node may have been faster, or the host has moved again.</summary>
    async Task SwitchAsync(ProjectId project, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var production = await productions.FindActingAsync(project, cancellation);
        var now = time.Moment();
        foreach (var cron in await db.Crons.Where(cron => cron.ProjectId == project && (cron.Live || cron.DeploymentId == production)).ToListAsync(cancellation))
        {
            var shall = cron.DeploymentId == production;
            if (cron.Live != shall)
                (cron.Live, cron.NextRunAt) = (shall, shall ? cron.NextAfter(now) : null);
        }
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        db.ChangeTracker.Clear();
    }
}
