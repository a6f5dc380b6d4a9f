using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Dashboard;

/// <summary>
/// A deployment in two calls: which contents are missing, then those and the rest.
/// <code>
///   POST  /projects/ID/assets/negotiate         { "entries": { "main.ts": { "kind": "file", "gitSha1", "size" }, … } }   →  200  [ git hash, … ]
///   POST  /projects/ID/deployment_with_assets   multipart/form-data: "request", then "file" for each of those   →  200  progress, see DeployProgress
/// </code>
/// What cannot be deployed is refused before the progress begins.
/// </summary>
static class UploadEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/projects/{projectId}/assets/negotiate", Negotiate).WithMetadata(ChangesNothing.Instance);
        group.MapPost("/projects/{projectId}/deployment_with_assets", Deploy);
    }

    static async Task<IResult> Negotiate(
        string projectId, HttpContext http, PathProjects paths, NegotiateAssets negotiate, BodyReader bodies, CancellationToken cancellation)
    {
        var project = await paths.FindToDeployAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        using var body = await bodies.ReadManifestAsync(http.Request, cancellation);
        var assets = PushRequest.ReadManifest(body.Root);
        var needed = await negotiate.RunAsync(http.Caller(), project.Value, assets.Select(asset => asset.GitSha1).OfType<string>(), cancellation);
        return needed.IsRefused(out refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(needed.Value);
    }

    static async Task<IResult> Deploy(
        string projectId, HttpContext http, PathProjects paths, CreateDeployment create, DeployProgress progress, BodyReader bodies, CancellationToken cancellation)
    {
        var project = await paths.FindToDeployAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        Outcome<DeploymentView> outcome;
        long uploaded;
        using (var form = await bodies.ReadFormAsync(http.Request, AssetLimits.Files + 1, cancellation))
        {
            var wanted = PushRequest.Read(form.Parts);
            uploaded = form.Parts.Skip(1).Sum(part => (long)part.Content.Length);
            outcome = await create.RunAsync(http.Caller(), project.Value.Id, wanted, cancellation);
        }
        if (outcome.IsRefused(out refusal))
            return DenoDeployErrors.Refused(refusal);
        return await progress.SendAsync(http, outcome.Value.Id, uploaded);
    }
}
