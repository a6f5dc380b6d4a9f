using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>A deployment with what its own people may see of it, but for values.</summary>
/// <param name="EntryPoint">See <see cref="Deployment.EntryPoint"/>.</param>
/// <param name="VariableNames">Of all that it runs with, its project's included; by name.</param>
/// <param name="Failure">What the build log says at its end; null unless it failed.</param>
public sealed record DeploymentDetail(DeploymentView View, string EntryPoint, IReadOnlyList<string> VariableNames, string? Failure);

public sealed class DeploymentDetails(IsletDb db, HostNames names, DeploymentVariables variables)
{
    public async Task<Outcome<DeploymentDetail>> GetAsync(Caller caller, DeploymentId id, CancellationToken cancellation) =>
        await ReadAsync(db.Deployments.Of(caller).Where(row => row.Id == id), cancellation) is [var found] ? found : Deployments.NotFound(id);

    /// <summary>Newest first. The project must be one that the caller was given by <see cref="Projects.Projects.FindAsync(Caller, string, CancellationToken)"/>.</summary>
    public async Task<Listing<DeploymentDetail>> ListAsync(Caller caller, ProjectId project, Page page, CancellationToken cancellation)
    {
        var rows = db.Deployments.Of(caller).Where(row => row.ProjectId == project);
        var total = await rows.CountAsync(cancellation);
        return new(await ReadAsync(NewestFirst(rows).Skip(page.Skip).Take(page.Limit), cancellation), total);
    }

    /// <summary>Null when there is none.</summary>
    public async Task<DeploymentId?> FindNewestAsync(Caller caller, ProjectId project, CancellationToken cancellation) =>
        await NewestFirst(db.Deployments.Of(caller).Where(row => row.ProjectId == project)).Select(row => (DeploymentId?)row.Id).FirstOrDefaultAsync(cancellation);

    static IQueryable<Deployment> NewestFirst(IQueryable<Deployment> rows) => rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id);

    /// <summary>A row at a time: variables may be a megabyte of each, and only their names stay.</summary>
    async Task<List<DeploymentDetail>> ReadAsync(IQueryable<Deployment> rows, CancellationToken cancellation)
    {
        var views = await DeploymentView.ReadAsync(db, names, rows, cancellation);
        var ids = views.ConvertAll(view => view.Id);
        var details = new Dictionary<DeploymentId, DeploymentDetail>(views.Count);
        await foreach (var row in db.Deployments.Where(row => ids.Contains(row.Id))
            .Select(row => new { row.Id, row.EntryPoint, row.Failure, row.Status, row.Environment, row.ProjectVariables })
            .AsAsyncEnumerable().WithCancellation(cancellation))
        {
            var (view, all) = (views.Find(view => view.Id == row.Id)!, variables.Lay(row.Id, row.ProjectVariables, row.Environment));
            details[row.Id] = new(
                view, row.EntryPoint, [.. all.Keys.Order(StringComparer.Ordinal)], row.Status == DeploymentStatus.Failed ? row.Failure ?? "" : null);
        }
        return [.. views.Where(view => details.ContainsKey(view.Id)).Select(view => details[view.Id])]; // but for one deleted in between
    }
}
