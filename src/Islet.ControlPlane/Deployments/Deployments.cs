using Islet.ControlPlane.Domains;
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
        if (search is not null)
            rows = Search(rows, search.ToLowerInvariant());
        var total = await rows.CountAsync(cancellation);
        var items = await DeploymentView.ReadAsync(
            db, names, Sort(rows, order, descending).Skip(page.Skip).Take(page.Limit), cancellation);
        return new(items, total);
    }

    internal static Refusal NotFound(DeploymentId id) =>
        new(RefusalCode.DeploymentNotFound, $"The deployment {id} does not exist or you have no access to it");

    /// <summary>As a range of ids, which an index answers.</summary>
    static IQueryable<Deployment> Search(IQueryable<Deployment> rows, string prefix) =>
        rows.Where(row => string.Compare((string)(object)row.Id, prefix) >= 0 && string.Compare((string)(object)row.Id, prefix + "~") < 0);

    static IQueryable<Deployment> Sort(IQueryable<Deployment> rows, DeploymentOrder order, bool descending) => (order, descending) switch
    {
        (DeploymentOrder.Id, false) => rows.OrderBy(row => row.Id),
        (DeploymentOrder.Id, true) => rows.OrderByDescending(row => row.Id),
        (DeploymentOrder.CreatedAt, false) => rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id),
        (DeploymentOrder.CreatedAt, true) => rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id),
    };
}
