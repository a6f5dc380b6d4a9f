using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Dashboard;

using Databases = ControlPlane.Databases.Databases;

/// <summary>
/// <code>
///   GET  /projects/ID/databases   200  [ { "databaseId", "branch", "bindingName", … } ]
/// </code>
/// Only the database of production: the client gives the first one of the list to whatever it makes production.
/// </summary>
static class DatabaseEndpoint
{
    const string Binding = "default";

    public static async Task<IResult> List(
        string projectId, HttpContext http, PathProjects paths, ProductionDeployments production, Deployments deployments, Databases databases, LogsOptions logs, CancellationToken cancellation)
    {
        var project = await paths.FindAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        if (await production.FindAsync(project.Value.Id, cancellation) is not { } live
            || await deployments.GetAsync(http.Caller(), live, cancellation) is not { Refusal: null } deployment
            || !deployment.Value.Databases.TryGetValue(Binding, out var id))
            return ApiJson.Ok(Array.Empty<DatabaseWire>());
        var found = await databases.ListAsync(http.Caller(), project.Value.OrganizationId, id, descending: false, new Page(1, 1), cancellation);
        return ApiJson.Ok(found.IsRefused(out _) ? [] : found.Value.Items.Select(database => DatabaseWire.Of(database, logs.Region))); // a token of one project sees none
    }

    sealed record DatabaseWire(
        string Branch, Guid DatabaseId, string BindingName, string Description, IReadOnlyList<string> AvailableRegions, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
    {
        public static DatabaseWire Of(KvDatabase database, string region) =>
            new("main", database.Id, Binding, database.Description, [region], database.CreatedAt, database.UpdatedAt);
    }
}
