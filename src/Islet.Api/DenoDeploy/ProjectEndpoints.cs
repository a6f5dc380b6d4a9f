using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

[Component("Project")]
sealed record ProjectWire(Guid Id, string Name, string Description, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ProjectWire Of(Project project) =>
        new(project.Id.Value, project.Name, project.Description, project.CreatedAt, project.UpdatedAt);
}

static class ProjectEndpoints
{
    const string Tag = "project";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations/{organizationId}/projects", List).WithMetadata(OfRowsOnly.Instance)
            .Describe("list_projects", Tag, "List projects of an organization").AnswersMany<ProjectWire>().Sdk("organizations.projects.list")
            .Pages("Part of a project's name, or its id", "updated_at", "name", "requests", "bandwidth");
        group.MapPost("/organizations/{organizationId}/projects", Create)
            .Describe("create_project", Tag, "Create a project").Answers<ProjectWire>()
            .Sdk("organizations.projects.create").Takes("CreateProjectRequest", """{ "name": "greeter", "description": "Says hello" }""")
            .Says("Names are unique in the installation. Without a name the project gets a random one.");
        group.MapRead("/projects/{projectId}", Get).WithMetadata(OfRowsOnly.Instance)
            .Describe("get_project", Tag, "Get a project").Answers<ProjectWire>().Sdk("projects.get");
        group.MapPatch("/projects/{projectId}", Update)
            .Describe("update_project", Tag, "Update a project").Answers<ProjectWire>()
            .Sdk("projects.update").Takes("UpdateProjectRequest", """{ "description": "Says hello in every language" }""");
        group.MapDelete("/projects/{projectId}", Delete)
            .Describe("delete_project", Tag, "Delete a project with its deployments").Sdk("projects.delete");
    }

    static async Task<IResult> List(string organizationId, HttpContext http, Projects projects, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "updated_at", "name", "requests", "bandwidth");
        var order = query.Sort switch
        {
            "name" => ProjectOrder.Name,
            "requests" => ProjectOrder.Requests,
            "bandwidth" => ProjectOrder.Bandwidth,
            _ => ProjectOrder.UpdatedAt,
        };
        var outcome = await projects.ListAsync(
            http.Caller(), PathIds.Organization(organizationId), query.Search, order, query.Descending, query.Page, cancellation);
        return outcome.IsRefused(out var refusal)
            ? DenoDeployErrors.Refused(refusal)
            : ApiJson.Ok(outcome.Value.Items.Select(ProjectWire.Of), query.Links(http.Request, outcome.Value));
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
