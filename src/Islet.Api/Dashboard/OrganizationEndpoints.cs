using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Dashboard;

/// <summary>
/// <code>
///   GET   /organizations       200  [ { "id", "name" } ]   by name; null is the name of the caller's personal one
///   POST  /organizations       { "name": "Acme" }   →  200
///   GET   /organizations/ID    200  { "id", "name", "members": [ { "user": { "name" } } ], "projects": [ … ] }
/// </code>
/// The client reads a list whole: of members the first 100, of projects and organizations the first 10 000 by name.
/// </summary>
static class OrganizationEndpoints
{
    static readonly Page SomePeople = new(1, 100);
    static readonly Page Whole = new(1, 10_000);

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations", List);
        group.MapPost("/organizations", Create);
        group.MapRead("/organizations/{organizationId}", Get);
    }

    static async Task<IResult> List(HttpContext http, Organizations organizations, CancellationToken cancellation)
    {
        var caller = http.Caller();
        var listing = await organizations.ListAsync(caller, search: null, OrganizationOrder.Name, descending: false, Whole, cancellation);
        return ApiJson.Ok(listing.Items.Select(item => OrganizationWire.Of(item, caller)));
    }

    static async Task<IResult> Create(HttpContext http, Organizations organizations, BodyReader bodies, CancellationToken cancellation)
    {
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var outcome = await organizations.CreateAsync(http.Caller(), body.Root.Object().Required("name").Text(), cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(OrganizationWire.Of(outcome.Value, http.Caller()));
    }

    static async Task<IResult> Get(
        string organizationId, HttpContext http, Organizations organizations, Members members, Projects projects, ProductionDeployments production, CancellationToken cancellation)
    {
        var (caller, id) = (http.Caller(), PathIds.Organization(organizationId));
        var found = await organizations.GetAsync(caller, id, cancellation);
        if (found.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var listing = await projects.ListAsync(caller, id, search: null, ProjectOrder.Name, descending: false, Whole, cancellation);
        if (listing.IsRefused(out refusal))
            return DenoDeployErrors.Refused(refusal);
        var live = await production.OfAsync(id, cancellation);
        var organization = OrganizationWire.Of(found.Value, caller);
        return ApiJson.Ok(organization with
        {
            Members = await MembersAsync(caller, id, members, cancellation),
            Projects = listing.Value.Items.Select(project => ProjectWire.Of(project, organization, live.Contains(project.Id))),
        });
    }

    /// <summary>Where a token may not see them, its own user: the client looks for at least one.</summary>
    static async Task<IEnumerable<MemberWire>> MembersAsync(Caller caller, OrganizationId id, Members members, CancellationToken cancellation)
    {
        var listing = await members.ListAsync(caller, id, SomePeople, cancellation);
        return listing.IsRefused(out _)
            ? [new(new(caller.Email))]
            : listing.Value.Items.Select(member => new MemberWire(new(member.Name.Length > 0 ? member.Name : member.Email)));
    }
}
