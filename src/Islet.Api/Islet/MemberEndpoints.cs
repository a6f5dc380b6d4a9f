using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Who belongs to an organization. docs/organizations.md tells what each role may do.
/// <code>
///   GET     …/members        200  [ { "userId", "email", "name", "role", "createdAt" } ]   paged as in version 1
///   PATCH   …/members/USER   { "role": "owner" | "admin" | "member" | "viewer" }   →  200  the member
///   DELETE  …/members/USER   200  null; also for oneself, which is leaving
/// </code>
/// The only owner stays one: 409.
/// </summary>
static class MemberEndpoints
{
    const string Tag = "organization";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations/{organizationId}/members", List)
            .Describe("list_members", Tag, "List members of an organization").AnswersMany<MemberWire>().Pages("created_at");
        group.MapPatch("/organizations/{organizationId}/members/{userId}", Change)
            .Describe("change_member", Tag, "Give a member another role").Answers<MemberWire>()
            .Takes("RoleChange", """{ "role": "admin" }""").Says("The only owner stays one.").Fails(403, 409);
        group.MapDelete("/organizations/{organizationId}/members/{userId}", Remove)
            .Describe("remove_member", Tag, "Remove a member").Says("Also oneself, which is leaving. The only owner stays.").Fails(403, 409);
    }

    static async Task<IResult> List(string organizationId, HttpContext http, Members members, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "created_at");
        var outcome = await members.ListAsync(http.Caller(), PathIds.Organization(organizationId), query.Page, cancellation);
        return outcome.IsRefused(out var refusal)
            ? IsletErrors.Refused(refusal)
            : ApiJson.Ok(outcome.Value.Items.Select(MemberWire.Of), query.Links(http.Request, outcome.Value));
    }

    static async Task<IResult> Change(
        string organizationId, string userId, HttpContext http, Members members, BodyReader bodies, CancellationToken cancellation)
    {
        var (organization, user) = (PathIds.Organization(organizationId), new UserId(PathIds.Uuid(userId, "userId")));
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var role = RoleWire.Read(body.Root.Object().Only("role").Required("role"));
        var outcome = await members.ChangeAsync(http.Caller(), organization, user, role, cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(MemberWire.Of(outcome.Value));
    }

    static async Task<IResult> Remove(string organizationId, string userId, HttpContext http, Members members, CancellationToken cancellation)
    {
        var (organization, user) = (PathIds.Organization(organizationId), new UserId(PathIds.Uuid(userId, "userId")));
        var refusal = await members.RemoveAsync(http.Caller(), organization, user, cancellation);
        return refusal is null ? ApiJson.Ok() : IsletErrors.Refused(refusal);
    }

    [Component("Member")]
    sealed record MemberWire(Guid UserId, string Email, string Name, [property: OfComponent("Role")] string Role, DateTimeOffset CreatedAt)
    {
        public static MemberWire Of(MemberView member) => new(member.User.Value, member.Email, member.Name, member.Role.Name(), member.CreatedAt);
    }
}

static class RoleWire
{
    static readonly Dictionary<string, Role> Roles = Enum.GetValues<Role>().ToDictionary(Permissions.Name, StringComparer.Ordinal);

    public static Role Read(WireValue value) =>
        Roles.TryGetValue(value.Text(), out var role) ? role : throw value.Bad($"must be one of {string.Join(", ", Roles.Keys)}");
}
