using Islet.Api.Wire;
using Islet.ControlPlane.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

sealed record ProjectWire(Guid Id, string Name, string Description, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ProjectWire Of(Project project) =>
        new(project.Id.Value, project.Name, project.Description, project.CreatedAt, project.UpdatedAt);
}

static class ProjectEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations/{organizationId}/projects", List);
        group.MapPost("/organizations/{organizationId}/projects", Create);
        group.MapRead("/projects/{projectId}", Get);
        group.MapPatch("/projects/{projectId}", Update);
        group.MapDelete("/projects/{projectId}", Delete);
    }

    static async Task<IResult> List(string organizationId, HttpContext http, Projects projects, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "updated_at", "name");
        var order = query.Sort == "name" ? ProjectOrder.Name : ProjectOrder.UpdatedAt;
        var outcome = await projects.ListAsync(
            http.Caller(), PathIds.Organization(organizationId), query.Search, order, query.Descending, query.Page, cancellation);
        return outcome.IsRefused(out var refusal)
            ? DenoDeployErrors.Refused(refusal)
            : ApiJson.Ok(outcome.Value.Items.Select(ProjectWire.Of), query.Links(http.Request, outcome.Value.Total));
    }

    static async Task<IResult> Create(string organizationId, HttpContext http, Projects projects, BodyReader bodies, CancellationToken cancellation)
    {
        var organization = PathIds.Organization(organizationId);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Settings, cancellation);
        var wanted = body.Root.Object();
        var outcome = await projects.CreateAsync(
            http.Caller(), organization, wanted.Optional("name")?.Text(), wanted.Optional("description")?.Text(), cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(ProjectWire.Of(outcome.Value));
    }

    static async Task<IResult> Get(string projectId, HttpContext http, Projects projects, CancellationToken cancellation)
    {
        var outcome = await projects.FindAsync(http.Caller(), projectId, cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(ProjectWire.Of(outcome.Value));
    }

    static async Task<IResult> Update(string projectId, HttpContext http, Projects projects, BodyReader bodies, CancellationToken cancellation)
    {
        var project = await projects.FindAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Settings, cancellation);
        var wanted = body.Root.Object();
        var outcome = await projects.UpdateAsync(
            http.Caller(), project.Value.Id, wanted.Optional("name")?.Text(), wanted.Optional("description")?.Text(), cancellation);
        return outcome.IsRefused(out refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(ProjectWire.Of(outcome.Value));
    }

    static async Task<IResult> Delete(
        string projectId, HttpContext http, Projects projects, DeleteProject delete, CancellationToken cancellation)
    {
        var project = await projects.FindAsync(http.Caller(), projectId, cancellation);
        if (project.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        refusal = await delete.RunAsync(http.Caller(), project.Value.Id, cancellation);
        return refusal is null ? ApiJson.Ok() : DenoDeployErrors.Refused(refusal);
    }
}
