using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Dashboard;

/// <summary>
/// <code>
///   GET  /projects/ID/deployments?page=0&amp;limit=20   200  [ [ build, … ], { "page", "count", "limit", "totalCount", "totalPages" } ]   newest first, pages from 0
///   GET  /deployments/ID                             200  build
///   GET  /projects/ID/deployments/ID/crons           200  [ { "cron_spec", "status", "history" } ]   of production only
/// </code>
/// </summary>
static class BuildEndpoints
{
    const int UsualLimit = 20;
    const int MaxLimit = 100;
    const int MaxPage = 1_000_000;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/projects/{projectId}/deployments", List);
        group.MapRead("/deployments/{deploymentId}", Get);
        group.MapRead("/projects/{projectId}/deployments/{deploymentId}/crons", Crons);
    }

    static async Task<IResult> List(string projectId, HttpContext http, PathProjects paths, DeploymentDetails details, CancellationToken cancellation)
    {
        var project = await paths.FindAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var query = new QueryParameters(http.Request.Query);
        var (page, limit) = (query.Integer("page", 0, MaxPage) ?? 0, query.Integer("limit", 1, MaxLimit) ?? UsualLimit);
        var listing = await details.ListAsync(http.Caller(), project.Value.Id, new Page(page + 1, limit), cancellation);
        var wire = await paths.ShowAsync(http.Caller(), project.Value, cancellation);
        return ApiJson.Ok(new object[]
        {
            listing.Items.Select(detail => BuildWire.Of(detail, wire)),
            new PagingWire(page, listing.Items.Count, limit, listing.Total, (int)(((long)listing.Total + limit - 1) / limit)),
        });
    }

    static async Task<IResult> Get(
        string deploymentId, HttpContext http, PathProjects paths, Projects projects, DeploymentDetails details, CancellationToken cancellation)
    {
        var found = DeploymentIds.IsOne(deploymentId) ? await details.GetAsync(http.Caller(), new(deploymentId), cancellation) : PathProjects.NoDeployment(deploymentId);
        if (found.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var project = await projects.FindAsync(http.Caller(), found.Value.View.Project.ToString(), cancellation);
        return project.IsRefused(out refusal)
            ? DenoDeployErrors.Refused(refusal)
            : ApiJson.Ok(BuildWire.Of(found.Value, await paths.ShowAsync(http.Caller(), project.Value, cancellation)));
    }

    static async Task<IResult> Crons(string projectId, string deploymentId, HttpContext http, PathProjects paths, Crons crons, CancellationToken cancellation)
    {
        var found = await paths.FindDeploymentAsync(http.Caller(), projectId, deploymentId, latestIsProduction: true, cancellation);
        if (found.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var listed = await crons.ListAsync(http.Caller(), projectId, cancellation);
        return listed.IsRefused(out refusal)
            ? DenoDeployErrors.Refused(refusal)
            : ApiJson.Ok(listed.Value.Where(cron => cron.Deployment == found.Value).Select(CronOfBuild.Of)); // of others none run
    }

    sealed record PagingWire(int Page, int Count, int Limit, int TotalCount, int TotalPages);
}
