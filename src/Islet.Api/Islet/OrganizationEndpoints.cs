using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Organizations of the caller.
/// <code>
///   GET     …/organizations        200  [ { "id", "name", "role", "createdAt", "updatedAt" } ]   paged as in version 1
///   POST    …/organizations        { "name": "Acme" }   →  200  the new one; its maker is its owner
///   GET     …/organizations/ID     200
///   PATCH   …/organizations/ID     { "name": "Acme Ltd" }   →  200
///   DELETE  …/organizations/ID     200  null; 409 while it has projects, unless ?force=true, which takes them with it
/// </code>
/// </summary>
static class OrganizationEndpoints
{
    const string Tag = "organization";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations", List)
            .Describe("list_organizations", Tag, "List the caller's organizations").AnswersMany<OwnOrganizationWire>()
            .Pages("Part of a name", "name", "updated_at");
        group.MapPost("/organizations", Create)
            .Describe("create_organization", Tag, "Create an organization").Answers<OwnOrganizationWire>()
            .Takes("OrganizationNameRequest", """{ "name": "Acme" }""").Says("Its maker is its owner.").Fails(403, 409);
        group.MapRead("/organizations/{organizationId}", Get)
            .Describe("get_organization", Tag, "Get an organization").Answers<OwnOrganizationWire>();
        group.MapPatch("/organizations/{organizationId}", Rename)
            .Describe("rename_organization", Tag, "Rename an organization").Answers<OwnOrganizationWire>()
            .Takes("OrganizationChanges", """{ "name": "Acme Ltd" }""").Fails(403);
        group.MapDelete("/organizations/{organizationId}", Delete)
            .Describe("delete_organization", Tag, "Delete an organization")
            .Asks("force", Schemas.OneOf("true", "false").Nullable(), "true: its projects go with it").Fails(403, 409);
    }

    static async Task<IResult> List(HttpContext http, Organizations organizations, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "name", "updated_at");
        var order = query.Sort == "name" ? OrganizationOrder.Name : OrganizationOrder.UpdatedAt;
        var (caller, listing) = (http.Caller(), await organizations.ListAsync(http.Caller(), query.Search, order, query.Descending, query.Page, cancellation));
        return ApiJson.Ok(listing.Items.Select(item => OwnOrganizationWire.Of(item, caller.Roles[item.Id])), query.Links(http.Request, listing));
    }

    static async Task<IResult> Create(HttpContext http, Organizations organizations, BodyReader bodies, CancellationToken cancellation)
    {
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var outcome = await organizations.CreateAsync(http.Caller(), body.Root.Object().Only("name").Required("name").Text(), cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(OwnOrganizationWire.Of(outcome.Value, Role.Owner));
    }

    static async Task<IResult> Get(string organizationId, HttpContext http, Organizations organizations, CancellationToken cancellation) =>
        Answer(http.Caller(), await organizations.GetAsync(http.Caller(), PathIds.Organization(organizationId), cancellation));

    static async Task<IResult> Rename(
        string organizationId, HttpContext http, Organizations organizations, BodyReader bodies, CancellationToken cancellation)
    {
        var organization = PathIds.Organization(organizationId);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var name = body.Root.Object().Only("name").Optional("name")?.Text();
        return Answer(http.Caller(), await organizations.RenameAsync(http.Caller(), organization, name, cancellation));
    }

    static async Task<IResult> Delete(string organizationId, HttpContext http, DeleteOrganization delete, CancellationToken cancellation)
    {
        var force = new QueryParameters(http.Request.Query).Choice("force", ["true", "false"]) == "true";
        var refusal = await delete.RunAsync(http.Caller(), PathIds.Organization(organizationId), force, cancellation);
        return refusal is null ? ApiJson.Ok() : IsletErrors.Refused(refusal);
    }

    static IResult Answer(Caller caller, Outcome<Organization> outcome) => outcome.IsRefused(out var refusal)
        ? IsletErrors.Refused(refusal)
        : ApiJson.Ok(OwnOrganizationWire.Of(outcome.Value, caller.Roles[outcome.Value.Id]));
}

[Component("OwnOrganization")]
sealed record OwnOrganizationWire(Guid Id, string Name, [property: OfComponent("Role")] string Role, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static OwnOrganizationWire Of(Organization organization, Role role) =>
        new(organization.Id.Value, organization.Name, role.Name(), organization.CreatedAt, organization.UpdatedAt);
}
