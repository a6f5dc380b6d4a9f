using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Limits;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Limits of an organization or a project.
/// <code>
///   GET    200  { "limits": {…}, "own": {…}, "inherited": {…} }
///   PATCH  { "memoryBytes": 268435456, "requestsPerSecond": null }   →  the same answer
/// </code>
/// <c>limits</c> is what counts, all of them; null is the node's own setting, which nobody exceeds. <c>own</c> has those
/// that were set here; <c>inherited</c> is what counts where none is: the platform's for an organization, the
/// organization's for a project. Nodes may differ, so <c>memoryBytes</c> and <c>tmpBytes</c> are not checked against their
/// settings here: more than a node gives counts there as what it gives. A PATCH sets the members it has and leaves the others; null takes an own value away.
/// An organization's are changed by operators only (else 403), a project's may not be more than its organization's. What
/// the edge enforces counts at once, the rest for isolates that start afterwards.
/// </summary>
static class LimitEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations/{organizationId}/limits", GetOfOrganization)
            .Describe("get_organization_limits", "organization", "Get the limits of an organization").Answers<LimitsWire>();
        group.MapPatch("/organizations/{organizationId}/limits", ChangeOfOrganization)
            .Describe("change_organization_limits", "organization", "Change limits of an organization").Answers<LimitsWire>()
            .Takes("OrganizationLimitChanges", """{ "requestsPerSecond": 200, "memoryBytes": null }""")
            .Says("For operators. Members that are left out stay; null takes an own value away.").Fails(403);
        group.MapRead("/projects/{projectId}/limits", GetOfProject)
            .Describe("get_project_limits", "project", "Get the limits of a project").Answers<LimitsWire>();
        group.MapPatch("/projects/{projectId}/limits", ChangeOfProject)
            .Describe("change_project_limits", "project", "Change limits of a project").Answers<LimitsWire>()
            .Takes("ProjectLimitChanges", """{ "requestsPerSecond": 50, "memoryBytes": 134217728 }""")
            .Says("Not above the organization's. Members that are left out stay; null takes an own value away.");
    }

    static async Task<IResult> GetOfOrganization(string organizationId, HttpContext http, LimitSettings limits, CancellationToken cancellation) =>
        Answer(await limits.GetAsync(http.Caller(), PathIds.Organization(organizationId), cancellation));

    static async Task<IResult> ChangeOfOrganization(
        string organizationId, HttpContext http, LimitSettings limits, BodyReader bodies, CancellationToken cancellation)
    {
        var organization = PathIds.Organization(organizationId);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        return Answer(await limits.ChangeAsync(http.Caller(), organization, Changes(body, LimitSettings.NamesOfOrganization), cancellation));
    }

    static async Task<IResult> GetOfProject(string projectId, HttpContext http, LimitSettings limits, CancellationToken cancellation) =>
        Answer(await limits.GetAsync(http.Caller(), projectId, cancellation));

    static async Task<IResult> ChangeOfProject(
        string projectId, HttpContext http, LimitSettings limits, BodyReader bodies, CancellationToken cancellation)
    {
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        return Answer(await limits.ChangeAsync(http.Caller(), projectId, Changes(body, LimitSettings.NamesOfProject), cancellation));
    }

    static Dictionary<string, long?> Changes(JsonBody body, IReadOnlyList<string> names)
    {
        var given = body.Root.Object().Only(names);
        var changes = new Dictionary<string, long?>(StringComparer.Ordinal);
        foreach (var name in names)
            if (given.Find(name) is { } value)
                changes.Add(name, value.IsNull ? null : value.LongInteger());
        return changes;
    }

    static IResult Answer(Outcome<IReadOnlyList<LimitView>> outcome) =>
        outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(LimitsWire.Of(outcome.Value));

    [Component("Limits")]
    sealed record LimitsWire(
        IReadOnlyDictionary<string, long?> Limits, IReadOnlyDictionary<string, long?> Own, IReadOnlyDictionary<string, long?> Inherited)
    {
        public static LimitsWire Of(IReadOnlyList<LimitView> limits) => new(
            limits.ToDictionary(limit => limit.Name, limit => limit.Effective, StringComparer.Ordinal),
            limits.Where(limit => limit.Own is not null).ToDictionary(limit => limit.Name, limit => limit.Own, StringComparer.Ordinal),
            limits.ToDictionary(limit => limit.Name, limit => limit.Inherited, StringComparer.Ordinal));
    }
}
