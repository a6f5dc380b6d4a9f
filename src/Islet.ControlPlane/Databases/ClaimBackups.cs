using Islet.ControlPlane.Builds;
using Islet.ControlPlane.Nodes;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Databases;

/// <param name="HeldFor">From before the rows were read; null: this node does not make it.</param>
/// <param name="IsToGive">It is this node's and more than its share: to be released when it is not made any more.</param>
readonly record struct ClaimedBackup(DatabaseBackup Row, TimeSpan? HeldFor, bool IsToGive);

/// <summary>
/// Each backup is made by one node: the one whose conditional update hit its row, for as long as that one says again and
/// again that it is there. A node that is silent for as long as it would lose its builds loses its backups too. Nodes that are
/// there have about as many each; what nobody takes in time is anybody's.
/// </summary>
sealed class ClaimBackups(IsletDb db, Node node, IOptions<BuildsOptions> options, TimeProvider time)
{
    readonly TimeSpan lease = options.Value.Lease;

    /// <summary>Keeps what is this node's, and takes of what nobody has.</summary>
    /// <returns>All that have not failed.</returns>
    public async Task<List<ClaimedBackup>> TakeAsync(CancellationToken cancellation)
    {
        var all = await AllAsync(cancellation);
        if (all.Count == 0)
            return [];
        var (name, now, nodes) = (node.Name, await db.NowAsync(time, cancellation), await db.NodesAsync(cancellation));
        var (gone, stale, share) = (now - lease, now - lease / 3, (all.Count + nodes - 1) / nodes);
        var mine = all.FindAll(row => row.ClaimedBy == name && row.ClaimedAt >= gone);
        var taken = all.FindAll(row => row.ClaimedBy is null || row.ClaimedAt < gone).Where((row, at) => at < share - mine.Count || FreeSince(row) < gone).Select(row => row.Id).ToList();
        if (taken.Count > 0 || mine.Exists(row => row.ClaimedAt < stale))
        {
            var claimedAt = (DateTimeOffset?)now;
            await Wanted()
                .Where(row => (row.ClaimedBy == name && row.ClaimedAt >= gone) || (taken.Contains(row.Id) && (row.ClaimedBy == null || row.ClaimedAt < gone)))
                .ExecuteUpdateAsync(row => row.SetProperty(b => b.ClaimedBy, name).SetProperty(b => b.ClaimedAt, claimedAt), cancellation);
            all = await AllAsync(cancellation);
        }
        var given = mine.Count > share ? mine[^1].Id : (Guid?)null; // one at a look: backups move slowly
        return all.ConvertAll(row => new ClaimedBackup(
            row, row.ClaimedBy == name && row.Id != given ? Left(row.ClaimedAt!.Value + lease - now) : null, row.ClaimedBy == name && row.Id == given));
    }

    /// <summary>One that this node does not make any more.</summary>
    public Task ReleaseAsync(Guid id, CancellationToken cancellation) => ReleaseAsync(Wanted().Where(row => row.Id == id), cancellation);

    /// <summary>At the end of a server: others need not wait.</summary>
    public Task ReleaseAsync(CancellationToken cancellation) => ReleaseAsync(Wanted(), cancellation);

    /// <summary>What became of one of this node's; does nothing when it is another's meanwhile.</summary>
    /// <param name="problem">Why it has failed; null: it is active.</param>
    public async Task TellAsync(Guid id, string? problem, CancellationToken cancellation)
    {
        var (name, status) = (node.Name, problem is null ? BackupStatus.Active : BackupStatus.Failed);
        await Wanted().Where(row => row.Id == id && row.ClaimedBy == name)
            .ExecuteUpdateAsync(row => row.SetProperty(b => b.Status, status).SetProperty(b => b.Problem, problem), cancellation);
    }

    async Task ReleaseAsync(IQueryable<DatabaseBackup> rows, CancellationToken cancellation)
    {
        var (name, now) = (node.Name, (DateTimeOffset?)await db.NowAsync(time, cancellation));
        await rows.Where(row => row.ClaimedBy == name)
            .ExecuteUpdateAsync(row => row.SetProperty(b => b.ClaimedBy, (string?)null).SetProperty(b => b.ClaimedAt, now), cancellation);
    }

    DateTimeOffset FreeSince(DatabaseBackup row) => row.ClaimedBy is null ? row.ClaimedAt ?? row.CreatedAt : row.ClaimedAt!.Value + lease;

    Task<List<DatabaseBackup>> AllAsync(CancellationToken cancellation) => Wanted().AsNoTracking().OrderBy(row => row.Id).ToListAsync(cancellation);

    IQueryable<DatabaseBackup> Wanted() => db.DatabaseBackups.Where(row => row.Status != BackupStatus.Failed);

    /// <summary>Not longer than a lease, should the clock have been set back.</summary>
    TimeSpan? Left(TimeSpan left) => left <= TimeSpan.Zero ? null : left < lease ? left : lease;
}
