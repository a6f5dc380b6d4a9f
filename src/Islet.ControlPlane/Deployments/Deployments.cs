using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Lists;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

public enum DeploymentOrder
{
    Id,
    CreatedAt,
}

public sealed class Deployments(IsletDb db, HostNames names)
{
    public async Task<Outcome<DeploymentView>> GetAsync(Caller caller, DeploymentId id, CancellationToken cancellation) =>
        await DeploymentView.ReadAsync(db, names, db.Deployments.Of(caller).Where(row => row.Id == id), cancellation) is [var found]
            ? found
            : NotFound(id);

    /// <summary>The project must be one that the caller was given by <see cref="Projects.Projects.FindAsync"/>.</summary>
    /// <param name="search">The beginning of an id; null: all.</param>
    public async Task<Listing<DeploymentView>> ListAsync(
        Caller caller, ProjectId project, string? search, DeploymentOrder order, bool descending, Page page, CancellationToken cancellation)
    {
        var rows = db.Deployments.Of(caller).Where(row => row.ProjectId == project);
        if (search is null)
            return await ListAllAsync(rows, project, order, descending, page, cancellation);
        rows = Search(rows, search.ToLowerInvariant());
        var items = await ReadAsync(Sort(rows, order, descending).Skip(page.Skip).Take(page.Limit + 1), cancellation);
        return await page.ListFoundAsync(items, rows.OrderBy(row => row.Id), cancellation);
    }

    internal static Refusal NotFound(DeploymentId id) =>
        new(RefusalCode.DeploymentNotFound, $"The deployment {id} does not exist or you have no access to it");

    /// <param name="rows">All of the project.</param>
    async Task<Listing<DeploymentView>> ListAllAsync(
        IQueryable<Deployment> rows, ProjectId project, DeploymentOrder order, bool descending, Page page, CancellationToken cancellation)
    {
        var list = order == DeploymentOrder.Id ? CountedList.DeploymentsById : CountedList.DeploymentsByTime;
        var start = await Milestones.FindAsync(db, list, project.Value, page, descending, cancellation);
        var items = start.IsBehind ? []
            : await ReadAsync(Sort(From(rows, start, order, descending), order, descending).Skip(start.Skip).Take(page.Limit + 1), cancellation);
        return await page.ListAsync(items, () => Milestones.CountAsync(db, list, project.Value, cancellation));
    }

    Task<List<DeploymentView>> ReadAsync(IQueryable<Deployment> rows, CancellationToken cancellation) => DeploymentView.ReadAsync(db, names, rows, cancellation);

    /// <summary>As a range of ids, which an index answers.</summary>
    static IQueryable<Deployment> Search(IQueryable<Deployment> rows, string prefix) =>
        rows.Where(row => string.Compare((string)(object)row.Id, prefix) >= 0 && string.Compare((string)(object)row.Id, prefix + "~") < 0);

    static IQueryable<Deployment> From(IQueryable<Deployment> rows, PageStart start, DeploymentOrder order, bool descending)
    {
        if (start.Key is not { } key)
            return rows;
        if (order == DeploymentOrder.Id)
            return descending
                ? rows.Where(row => string.Compare((string)(object)row.Id, key) < 0)
                : rows.Where(row => string.Compare((string)(object)row.Id, key) >= 0);
        var time = start.Time;
        return descending ? rows.Where(row => row.CreatedAt < time) : rows.Where(row => row.CreatedAt >= time);
    }

    static IQueryable<Deployment> Sort(IQueryable<Deployment> rows, DeploymentOrder order, bool descending) => (order, descending) switch
    {
        (DeploymentOrder.Id, false) => rows.OrderBy(row => row.Id),
        (DeploymentOrder.Id, true) => rows.OrderByDescending(row => row.Id),
        (DeploymentOrder.CreatedAt, false) => rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id),
        (DeploymentOrder.CreatedAt, true) => rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id),
    };
}
