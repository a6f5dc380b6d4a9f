using Islet.ControlPlane.Nodes;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Crons;

/// <summary>
/// Runs as rows. A moment that is due belongs to the node whose conditional update moves the cron on; a run belongs to its
/// node for as long as that one says again and again that it is at work.
/// </summary>
public sealed class ClaimCronRuns(IsletDb db, Node node, TimeProvider time)
{
    /// <summary>Runs of one cron that are kept.</summary>
    internal const int KeptRuns = 100;

    const int AtOnce = 100;

    /// <summary>A moment that nobody saw for longer has passed: it is not made up for.</summary>
    static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    /// <summary>A node that was silent for so long has lost its runs.</summary>
    static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>Claims some of what is due. Of a cron whose former run has not ended, or that is long overdue, this moment is left out.</summary>
    /// <param name="start">Gets each run and the waits before its further tries, as soon as its row is there.</param>
    internal async Task TakeDueAsync(Action<CronRun, IReadOnlyList<TimeSpan>> start, CancellationToken cancellation)
    {
        var now = (DateTimeOffset?)time.Moment();
        foreach (var cron in await db.Crons.AsNoTracking().Where(cron => cron.Live && cron.NextRunAt <= now).OrderBy(cron => cron.NextRunAt).Take(AtOnce).ToListAsync(cancellation))
            if (await TakeAsync(cron, cancellation) is { } run)
                start(run, cron.Backoff);
    }

    /// <summary>When to look again; null: nothing is going to be due.</summary>
    public Task<DateTimeOffset?> NextDueAsync(CancellationToken cancellation) =>
        db.Crons.Where(cron => cron.Live && cron.NextRunAt != null).MinAsync(cron => cron.NextRunAt, cancellation);

    /// <summary>Begins a run that somebody asked for, within the caller's transaction; null: one is under way.</summary>
    internal async Task<CronRun?> TryBeginAsync(Cron cron, DateTimeOffset? due, CancellationToken cancellation)
    {
        if (await db.CronRuns.AnyAsync(run => run.ProjectId == cron.ProjectId && run.Name == cron.Name && run.EndedAt == null, cancellation))
            return null;
        var run = new CronRun
        {
            Id = Guid.NewGuid(),
            ProjectId = cron.ProjectId,
            Name = cron.Name,
            DeploymentId = cron.DeploymentId,
            DueAt = due,
            StartedAt = time.Moment(),
            Status = CronRunStatus.Running,
            Attempts = 0,
            Node = node.Name,
            HeardAt = await db.NowAsync(time, cancellation),
        };
        db.CronRuns.Add(run);
        await db.SaveChangesAsync(cancellation);
        db.Entry(run).State = EntityState.Detached;
        return run;
    }

    /// <summary>How far a run of this node is.</summary>
    /// <returns>False: it is not this node's any more.</returns>
    internal async Task<bool> TellAsync(CronRun run, int attempts, string? error, CancellationToken cancellation) =>
        await Mine().Where(row => row.Id == run.Id)
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.Attempts, attempts).SetProperty(r => r.Error, error), cancellation) == 1;

    internal async Task EndAsync(CronRun run, CronRunStatus status, CancellationToken cancellation)
    {
        var now = (DateTimeOffset?)time.Moment();
        await Mine().Where(row => row.Id == run.Id)
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.Status, status).SetProperty(r => r.EndedAt, now), cancellation);
        var kept = db.CronRuns.Where(row => row.ProjectId == run.ProjectId && row.Name == run.Name).OrderByDescending(row => row.StartedAt).Take(KeptRuns).Select(row => row.Id);
        await db.CronRuns.Where(row => row.ProjectId == run.ProjectId && row.Name == run.Name && row.EndedAt != null && !kept.Contains(row.Id)).ExecuteDeleteAsync(cancellation);
    }

    /// <summary>This node is at work on these. What nobody spoke of for too long has failed.</summary>
    internal async Task RenewAsync(ICollection<Guid> underWay, CancellationToken cancellation)
    {
        if (!await db.CronRuns.AnyAsync(run => run.EndedAt == null, cancellation))
            return;
        var now = await db.NowAsync(time, cancellation);
        await Mine().Where(run => underWay.Contains(run.Id)).ExecuteUpdateAsync(row => row.SetProperty(r => r.HeardAt, now), cancellation);
        var gone = now - Lease;
        await FailAsync(db.CronRuns.Where(run => run.EndedAt == null && run.HeardAt < gone), "The server that ran it was lost", cancellation);
    }

    /// <summary>What this node ran when it was killed: at its start, before it runs any.</summary>
    public Task ReleaseAsync(CancellationToken cancellation) => FailAsync(Mine(), "The server ended while it ran", cancellation);

    public async Task ForgetOldAsync(CancellationToken cancellation)
    {
        var oldest = (DateTimeOffset?)(time.Moment() - KeptFor);
        await db.CronRuns.Where(run => run.EndedAt < oldest).ExecuteDeleteAsync(cancellation);
    }

    async Task<CronRun?> TakeAsync(Cron cron, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var (now, due) = (time.Moment(), cron.NextRunAt);
        var next = cron.NextAfter(now);
        if (await db.Crons.Where(row => row.DeploymentId == cron.DeploymentId && row.Name == cron.Name && row.Live && row.NextRunAt == due)
            .ExecuteUpdateAsync(row => row.SetProperty(c => c.NextRunAt, next), cancellation) != 1)
            return null;
        var run = now - due > Late ? null : await TryBeginAsync(cron, due, cancellation);
        await transaction.CommitAsync(cancellation);
        return run;
    }

    IQueryable<CronRun> Mine()
    {
        var name = node.Name;
        return db.CronRuns.Where(run => run.EndedAt == null && run.Node == name);
    }

    async Task FailAsync(IQueryable<CronRun> runs, string error, CancellationToken cancellation)
    {
        var now = (DateTimeOffset?)time.Moment();
        await runs.ExecuteUpdateAsync(row => row
            .SetProperty(run => run.Status, CronRunStatus.Failed)
            .SetProperty(run => run.EndedAt, now)
            .SetProperty(run => run.Error, error), cancellation);
    }
}
