using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>What a tenant may see of a deployment. Variables, assets and entry point are write-only.</summary>
/// <param name="Domains">Full hosts that lead to it now, in the order they were asked for.</param>
public sealed record DeploymentView(
    DeploymentId Id,
    ProjectId Project,
    DeploymentStatus Status,
    string Description,
    IReadOnlyList<string> Domains,
    IReadOnlyDictionary<string, string> Databases,
    int? RequestTimeout,
    IReadOnlyList<string>? Net,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    internal static DeploymentView Of(Deployment row, IReadOnlyList<string> domains) => new(
        row.Id, row.ProjectId, row.Status, row.Description, domains, row.Databases, row.RequestTimeout,
        row.PermissionsNet, row.CreatedAt, row.UpdatedAt);

    /// <summary>Reads views without the big columns, their hosts by a second query.</summary>
    internal static async Task<List<DeploymentView>> ReadAsync(
        IsletDb db, HostNames names, IQueryable<Deployment> rows, CancellationToken cancellation)
    {
        var views = await rows.Select(row => new DeploymentView(
            row.Id, row.ProjectId, row.Status, row.Description, Array.Empty<string>(), row.Databases, row.RequestTimeout,
            row.PermissionsNet, row.CreatedAt, row.UpdatedAt)).ToListAsync(cancellation);
        DeploymentId[] ids = [.. views.Select(view => view.Id)];
        var hosts = (await db.MappedHosts
            .Where(host => EF.Parameter(ids).Contains(host.DeploymentId)) // one parameter: the text of the query stays the same
            .OrderBy(host => host.DeploymentId).ThenBy(host => host.Position)
            .Select(host => new { host.DeploymentId, host.Host }).ToListAsync(cancellation))
            .ToLookup(host => host.DeploymentId, host => names.Full(host.Host));
        return views.ConvertAll(view => view with { Domains = [.. hosts[view.Id]] });
    }
}
