using System.Text.Json.Serialization;
using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Invitations;
using Islet.ControlPlane.Organizations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Invitations. Their link works once and for seven days.
/// <code>
///   POST    …/organizations/ID/invitations   { "email": "person@example.com", "role": "member" }
///     200   { "id", "email", "role", "createdAt", "expiresAt", "mailed": false, "token": "inv_…", "link": "…" }
///   GET     …/organizations/ID/invitations   200  [ { "id", "email", "role", "createdAt", "expiresAt" } ]
///   DELETE  …/organizations/ID/invitations/INVITATION   200  null
///   POST    …/invitations/accept   { "token" }                        with a token of the user who has that address
///   POST    …/invitations/accept   { "token", "name", "password" }    without a token, by who has no user yet
///     200   { "organizationId", "role", "userId", "token": "isl_…" }  the last for the new person only
/// </code>
/// When the mail server took the link, <c>mailed</c> is true and <c>token</c> and <c>link</c> are null: only who reads that
/// mailbox has them.
/// </summary>
static class InvitationEndpoints
{
    const string Tag = "organization";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations/{organizationId}/invitations", List)
            .Describe("list_invitations", Tag, "List open invitations of an organization").AnswersMany<InvitationWire>().Pages("created_at").Fails(403);
        group.MapPost("/organizations/{organizationId}/invitations", Create)
            .Describe("create_invitation", Tag, "Invite somebody").Answers<NewInvitationWire>()
            .Takes("NewInvitationRequest", """{ "email": "person@example.com", "role": "member" }""")
            .Says("Token and link are null when the mail server took them: only who reads that mailbox has them.").Fails(403, 409);
        group.MapDelete("/organizations/{organizationId}/invitations/{invitationId}", Revoke)
            .Describe("revoke_invitation", Tag, "Revoke an invitation").Fails(403);
        group.MapPost("/invitations/accept", Accept).WithMetadata(OpenToAll.Instance)
            .Describe("accept_invitation", Tag, "Accept an invitation").Answers<AcceptedWire>()
            .Takes("AcceptInvitationRequest", """{ "token": "inv_…" }""")
            .Says("With a token of the user who was invited; who has no user yet sends none, and name and password instead.").Fails(403, 409);
    }

    static async Task<IResult> List(string organizationId, HttpContext http, Invitations invitations, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "created_at");
        var outcome = await invitations.ListAsync(http.Caller(), PathIds.Organization(organizationId), query.Page, cancellation);
        return outcome.IsRefused(out var refusal)
            ? IsletErrors.Refused(refusal)
            : ApiJson.Ok(outcome.Value.Items.Select(InvitationWire.Of), query.Links(http.Request, outcome.Value));
    }

    static async Task<IResult> Create(
        string organizationId, HttpContext http, Invitations invitations, BodyReader bodies, CancellationToken cancellation)
    {
        var organization = PathIds.Organization(organizationId);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var given = body.Root.Object().Only("email", "role");
        var outcome = await invitations.CreateAsync(
            http.Caller(), organization, given.Required("email").Text(), RoleWire.Read(given.Required("role")), cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(NewInvitationWire.Of(outcome.Value));
    }

    static async Task<IResult> Revoke(
        string organizationId, string invitationId, HttpContext http, Invitations invitations, CancellationToken cancellation)
    {
        var (organization, invitation) = (PathIds.Organization(organizationId), PathIds.Uuid(invitationId, "invitationId"));
        var refusal = await invitations.RevokeAsync(http.Caller(), organization, invitation, cancellation);
        return refusal is null ? ApiJson.Ok() : IsletErrors.Refused(refusal);
    }

    static async Task<IResult> Accept(HttpContext http, AcceptInvitation accept, BodyReader bodies, CancellationToken cancellation)
    {
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var given = body.Root.Object().Only("token", "name", "password");
        var token = given.Required("token").Text();
        var outcome = http.CallerOrNobody() is { } caller
            ? await accept.RunAsync(caller, token, cancellation)
            : await accept.RunAsync(new(given.Required("name").Text(), given.Required("password").Text()), http.Trail(), token, cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(AcceptedWire.Of(outcome.Value));
    }

    [Component("Invitation")]
    sealed record InvitationWire(Guid Id, string Email, [property: OfComponent("Role")] string Role, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt)
    {
        public static InvitationWire Of(InvitationView row) => new(row.Id, row.Email, row.Role.Name(), row.CreatedAt, row.ExpiresAt);
    }

    [Component("NewInvitation")]
    sealed record NewInvitationWire(
        Guid Id, string Email, [property: OfComponent("Role")] string Role, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, bool Mailed, string? Token, string? Link)
    {
        public static NewInvitationWire Of(NewInvitation made) => new(
            made.Invitation.Id, made.Invitation.Email, made.Invitation.Role.Name(), made.Invitation.CreatedAt, made.Invitation.ExpiresAt,
            made.Mailed, made.Token, made.Link);
    }

    [Component("AcceptedInvitation")]
    sealed record AcceptedWire(
        Guid OrganizationId, [property: OfComponent("Role")] string Role, Guid UserId,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token)
    {
        public static AcceptedWire Of(Accepted accepted) =>
            new(accepted.Organization.Id.Value, accepted.Role.Name(), accepted.User.Value, accepted.Token);
    }
}
