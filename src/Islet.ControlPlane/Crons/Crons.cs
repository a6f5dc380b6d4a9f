using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Crons;

/// <param name="Deployment">The one that runs it.</param>
/// <param name="NextRunAt">Null: its schedule means no moment.</param>
/// <param name="LastRun">Null: it never ran, or long ago.</param>
public sealed record CronView(string Name, string Schedule, IReadOnlyList<TimeSpan> Backoff, DeploymentId Deployment, DateTimeOffset? NextRunAt, CronRun? LastRun);

/// <summary>Crons of what a project has as production, and how their runs were.</summary>
public sealed class Crons(IsletDb db, Projects.Projects projects, ProductionDeployments productions, ClaimCronRuns claims, RunCron run, AuditLog audit, TimeProvider time)
{
    /// <summary>In the order in which the program registers them.</summary>
    public async Task<Outcome<IReadOnlyList<CronView>>> ListAsync(Caller caller, string projectIdOrName, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        var production = await productions.FindActingAsync(project.Id, cancellation);
        var rows = await db.Crons.AsNoTracking().Where(cron => cron.ProjectId == project.Id && cron.DeploymentId == production).OrderBy(cron => cron.Position).ToListAsync(cancellation);
        var views = new List<CronView>(rows.Count);
        foreach (var cron in rows)
            views.Add(new(
                cron.Name, cron.Schedule, cron.Backoff, cron.DeploymentId, cron.Live ? cron.NextRunAt : cron.NextAfter(time.GetUtcNow()),
                await RunsOf(project.Id, cron.Name).FirstOrDefaultAsync(cancellation)));
        return views;
    }

    /// <summary>The newest first; also of a name that the present deployment does not have any more.</summary>
    public async Task<Outcome<IReadOnlyList<CronRun>>> RunsAsync(Caller caller, string projectIdOrName, string name, int limit, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        var runs = await RunsOf(project.Id, name).Take(limit).ToListAsync(cancellation);
        return runs.Count > 0 || await FindAsync(project.Id, name, cancellation) is not null ? runs : NotFound(name);
    }

    /// <summary>Begins a run on this node, beside the schedule.</summary>
    public async Task<Outcome<CronRun>> RunNowAsync(Caller caller, string projectIdOrName, string name, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;

        // 1 the row; with it nobody else runs this cron
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await FindAsync(project.Id, name, cancellation) is not { } cron)
            return NotFound(name);
        audit.Add(caller, project.OrganizationId, "cron.run", "cron", name, $"of {project.Name}");
        if (await claims.TryBeginAsync(cron, due: null, cancellation) is not { } begun)
            return new Refusal(RefusalCode.Conflict, $"The cron \"{name}\" runs already");
        await transaction.CommitAsync(cancellation);

        // 2 the handler
        run.Start(begun, cron.Backoff);
        return begun;
    }

    async Task<Cron?> FindAsync(ProjectId project, string name, CancellationToken cancellation)
    {
        var production = await productions.FindActingAsync(project, cancellation);
        return await db.Crons.AsNoTracking().FirstOrDefaultAsync(cron => cron.ProjectId == project && cron.DeploymentId == production && cron.Name == name, cancellation);
    }

    IQueryable<CronRun> RunsOf(ProjectId project, string name) =>
        db.CronRuns.AsNoTracking().Where(row => row.ProjectId == project && row.Name == name).OrderByDescending(row => row.StartedAt).ThenBy(row => row.Id);

    static Refusal NotFound(string name) => new(RefusalCode.CronNotFound, $"{FieldPath.Entry("crons", name)} does not exist");
}
