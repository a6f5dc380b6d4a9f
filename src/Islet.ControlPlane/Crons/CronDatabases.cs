using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Crons;

/// <summary>
/// Version 1 of the Deno Deploy API ties crons to a database: a deployment that enables them names one, and of the projects
/// that share it only the first may. It stays the first as long as it has such a deployment that was built, or is to be.
/// </summary>
static class CronDatabases
{
    /// <summary>Which database crons of this deployment are tied to; null: it has none enabled.</summary>
    public static Guid? Of(bool enabled, IReadOnlyDictionary<string, string> databases) =>
        enabled && databases.TryGetValue("default", out var id) ? Guid.ParseExact(id, "D") : null;

    /// <summary>Null when the project may. Asked again in the transaction that adds the deployment.</summary>
    public static async Task<Refusal?> CheckAsync(IsletDb db, ProjectId project, Guid? database, CancellationToken cancellation) =>
        database is not null && await db.Deployments.AnyAsync(
            row => row.CronDatabaseId == database && row.ProjectId != project && row.Status != DeploymentStatus.Failed, cancellation)
            ? new(RefusalCode.BadRequest, "enableCron: another project was the first to enable crons on this database; only that one may", "enableCron")
            : null;
}
