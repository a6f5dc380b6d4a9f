using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Dashboard;

/// <summary>
/// Projects, by id or name.
/// <code>
///   POST    /projects              { "name"?, "organizationId"?, "envs"?: { "NAME": "value" } }   →  200  as GET
///   GET     /projects/ID           200  { "id", "name", "organization", "hasProductionDeployment", "productionDeployment", "envVars", … }
///   PATCH   /projects/ID           { "name"?, "envs"?: { "NAME": "value" or null } }   →  200  as GET; null removes one
///   DELETE  /projects/ID           200  null
///   GET     /projects/ID/domains   200  [ { "domain", "isValidated" } ]
/// </code>
/// </summary>
static class ProjectEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/projects", Create);
        group.MapRead("/projects/{projectId}", Get);
        group.MapPatch("/projects/{projectId}", Update);
        group.MapDelete("/projects/{projectId}", Delete);
        group.MapRead("/projects/{projectId}/domains", Domains);
        group.MapRead("/projects/{projectId}/databases", DatabaseEndpoint.List);
    }

    static async Task<IResult> Create(HttpContext http, Organizations organizations, Projects projects, ProjectView view, BodyReader bodies, CancellationToken cancellation)
    {
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Settings, cancellation);
        var wanted = body.Root.Object();
        var (name, environment) = (wanted.Optional("name")?.Text(), ReadEnvironment(wanted, removes: false));
        var organization = wanted.Optional("organizationId") is { } given
            ? PathIds.Organization(given.Text())
            : await organizations.DefaultAsync(http.Caller(), cancellation);
        if (organization.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var outcome = await projects.CreateAsync(http.Caller(), organization.Value, name, description: null, environment, cancellation);
        return await view.AnswerAsync(http.Caller(), outcome, cancellation);
    }

    static async Task<IResult> Get(string projectId, HttpContext http, PathProjects paths, ProjectView view, CancellationToken cancellation) =>
        await view.AnswerAsync(http.Caller(), await paths.FindAsync(http.Caller(), projectId, cancellation), cancellation);

    static async Task<IResult> Update(
        string projectId, HttpContext http, PathProjects paths, Projects projects, ProjectView view, BodyReader bodies, CancellationToken cancellation)
    {
        var project = await paths.FindAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Settings, cancellation);
        var wanted = body.Root.Object();
        var outcome = await projects.UpdateAsync(
            http.Caller(), project.Value.Id, wanted.Optional("name")?.Text(), description: null, ReadEnvironment(wanted, removes: true), cancellation);
        return await view.AnswerAsync(http.Caller(), outcome, cancellation);
    }

    static async Task<IResult> Delete(string projectId, HttpContext http, PathProjects paths, DeleteProject delete, CancellationToken cancellation)
    {
        var project = await paths.FindAsync(http.Caller(), projectId, cancellation);
        var refusal = project.Refusal ?? await delete.RunAsync(http.Caller(), project.Value.Id, cancellation);
        return refusal is null ? ApiJson.Ok() : DenoDeployErrors.Refused(refusal);
    }

    static async Task<IResult> Domains(string projectId, HttpContext http, PathProjects paths, ProjectDomains domains, CancellationToken cancellation)
    {
        var project = await paths.FindAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var hosts = await domains.ListAsync(project.Value.Id, project.Value.Name, cancellation);
        return ApiJson.Ok(hosts.Select(host => new DomainWire(host.Host, host.IsVerified)));
    }

    static Dictionary<string, string?> ReadEnvironment(WireObject body, bool removes) =>
        body.Optional("envs")?.Entries().ToDictionary(entry => entry.Key, entry => removes && entry.Value.IsNull ? null : entry.Value.Text(), StringComparer.Ordinal) ?? [];

    sealed record DomainWire(string Domain, bool IsValidated);
}

/// <summary>A project in full.</summary>
sealed class ProjectView(PathProjects paths, ProductionDeployments production, DeploymentDetails details, ProjectVariables variables)
{
    public async Task<IResult> AnswerAsync(Caller caller, Outcome<Project> project, CancellationToken cancellation)
    {
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var wire = await paths.ShowAsync(caller, project.Value, cancellation);
        var detail = await production.FindAsync(project.Value.Id, cancellation) is { } id ? await details.GetAsync(caller, id, cancellation) : default;
        return ApiJson.Ok(wire with
        {
            ProductionDeployment = detail is { Refusal: null, Value: { } live } ? BuildWire.Of(live, wire) : null,
            EnvVars = await variables.ListNamesAsync(project.Value.Id, cancellation),
        });
    }
}
