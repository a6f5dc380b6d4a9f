using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

static class DeploymentEndpoints
{
    const string Tag = "deployment";

    const string Greeter =
        """
        {
          "entryPointUrl": "main.ts",
          "assets": { "main.ts": { "kind": "file", "content": "export default { fetch: () => new Response(Deno.env.get(`GREETING`)) }", "encoding": "utf-8" } },
          "envVars": { "GREETING": "hello" }
        }
        """;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/projects/{projectId}/deployments", List).WithMetadata(OfRowsOnly.Instance)
            .Describe("list_deployments", Tag, "List deployments of a project").AnswersMany<DeploymentWire>().Sdk("projects.deployments.list")
            .Pages("Begin of a deployment's id", "created_at", "id");
        group.MapPost("/projects/{projectId}/deployments", Create)
            .Describe("create_deployment", Tag, "Create a deployment").Answers<DeploymentWire>()
            .Sdk("projects.deployments.create").Takes("CreateDeploymentRequest", Greeter)
            .Says("Answers while the build has yet to begin: the build log lasts until it has ended.");
        group.MapRead("/deployments/{deploymentId}", Get).WithMetadata(OfRowsOnly.Instance)
            .Describe("get_deployment", Tag, "Get a deployment").Answers<DeploymentWire>().Sdk("deployments.get");
        group.MapDelete("/deployments/{deploymentId}", Delete)
            .Describe("delete_deployment", Tag, "Delete a deployment").Sdk("deployments.delete").Says("No visitor reaches it once this answers.");
        group.MapPost("/deployments/{deploymentId}/redeploy", Redeploy)
            .Describe("redeploy_deployment", Tag, "Redeploy with other settings").Answers<DeploymentWire>()
            .Sdk("deployments.redeploy").Takes("RedeployRequest", """{ "env_vars": { "GREETING": "hej" }, "description": "In Swedish" }""")
            .Says("A new deployment from the same build. The source stays as it is and keeps its domains.");
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
        return ApiJson.Ok(listing.Items.Select(DeploymentWire.Of), query.Links(http.Request, listing));
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
        string deploymentId, HttpContext http, RedeployDeployment redeploy, RedeployToEnd toEnd, BodyReader bodies, CancellationToken cancellation)
    {
        var id = PathIds.Deployment(deploymentId);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Settings, cancellation);
        var wanted = body.Root.Object();
        var changes = DeploymentRequests.ReadRedeploy(wanted);
        var outcome = http.Request.Query["internal"] == "true"
            ? await toEnd.RunAsync(http.Caller(), id, changes with { Production = wanted.Optional("prod")?.Flag() ?? false }, cancellation)
            : await redeploy.RunAsync(http.Caller(), id, changes, cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(DeploymentWire.Of(outcome.Value));
    }
}
