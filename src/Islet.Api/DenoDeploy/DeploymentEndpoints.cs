using Islet.Api.Wire;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

static class DeploymentEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/projects/{projectId}/deployments", List);
        group.MapPost("/projects/{projectId}/deployments", Create);
        group.MapRead("/deployments/{deploymentId}", Get);
        group.MapDelete("/deployments/{deploymentId}", Delete);
        group.MapPost("/deployments/{deploymentId}/redeploy", Redeploy);
    }

    static async Task<IResult> List(
        string projectId, HttpContext http, Projects projects, Deployments deployments, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "created_at", "id");
        var project = await projects.FindAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var order = query.Sort == "id" ? DeploymentOrder.Id : DeploymentOrder.CreatedAt;
        var listing = await deployments.ListAsync(
            http.Caller(), project.Value.Id, query.Search, order, query.Descending, query.Page, cancellation);
        return ApiJson.Ok(listing.Items.Select(DeploymentWire.Of), query.Links(http.Request, listing.Total));
    }

    static async Task<IResult> Create(
        string projectId, HttpContext http, Projects projects, CreateDeployment create, BodyReader bodies, CancellationToken cancellation)
    {
        var project = await projects.FindAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Assets, cancellation);
        var wanted = DeploymentRequests.ReadCreate(body.Root.Object());
        var outcome = await create.RunAsync(http.Caller(), project.Value.Id, wanted, cancellation);
        return outcome.IsRefused(out refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(DeploymentWire.Of(outcome.Value));
    }

    static async Task<IResult> Get(string deploymentId, HttpContext http, Deployments deployments, CancellationToken cancellation)
    {
        var outcome = await deployments.GetAsync(http.Caller(), PathIds.Deployment(deploymentId), cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(DeploymentWire.Of(outcome.Value));
    }

    static async Task<IResult> Delete(string deploymentId, HttpContext http, DeleteDeployment delete, CancellationToken cancellation)
    {
        var refusal = await delete.RunAsync(http.Caller(), PathIds.Deployment(deploymentId), cancellation);
        return refusal is null ? ApiJson.Ok() : DenoDeployErrors.Refused(refusal);
    }

    static async Task<IResult> Redeploy(
        string deploymentId, HttpContext http, RedeployDeployment redeploy, BodyReader bodies, CancellationToken cancellation)
    {
        var id = PathIds.Deployment(deploymentId);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Settings, cancellation);
        var outcome = await redeploy.RunAsync(http.Caller(), id, DeploymentRequests.ReadRedeploy(body.Root.Object()), cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(DeploymentWire.Of(outcome.Value));
    }
}
