using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Tokens of the caller's user, as far as the token that asks reaches.
/// <code>
///   POST    { "name": "ci", "scope": "project", "projectId": "greeter", "expiresInDays": 90 }
///     200   { "id", "name", "scope", "organizationId", "projectId", "createdAt", "expiresAt", "lastUsedAt", "token": "isl_…" }
///   GET     200  an array of the same without the token, paged as in version 1
///   DELETE  …/tokens/ID   200  null; it opens nothing from then on
/// </code>
/// <c>scope</c> is <c>user</c>, <c>organization</c> or <c>project</c>; without it the new token is as wide as the one that
/// asks, and never wider. It never outlives it either: null for <c>expiresInDays</c> means never only where the asking
/// token never expires.
/// </summary>
static class TokenEndpoints
{
    const string Tag = "token";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/tokens", List)
            .Describe("list_tokens", Tag, "List the caller's tokens").AnswersMany<TokenWire>().Pages("created_at")
            .Says("Those that open no more than the one that asks. Never the tokens themselves.");
        group.MapPost("/tokens", Create)
            .Describe("create_token", Tag, "Create a token").Answers<NewTokenWire>()
            .Takes("NewTokenRequest", """{ "name": "ci", "scope": "project", "projectId": "greeter", "expiresInDays": 90 }""")
            .Says("Never wider than the one that asks, nor longer-lived. It is shown this once.").Fails(403, 409);
        group.MapDelete("/tokens/{tokenId}", Revoke)
            .Describe("revoke_token", Tag, "Revoke a token").Says("It opens nothing from then on.");
    }

    static async Task<IResult> List(HttpContext http, Tokens tokens, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "created_at");
        var listing = await tokens.ListAsync(http.Caller(), query.Page, cancellation);
        return ApiJson.Ok(listing.Items.Select(TokenWire.Of), query.Links(http.Request, listing));
    }

    static async Task<IResult> Create(HttpContext http, Tokens tokens, BodyReader bodies, CancellationToken cancellation)
    {
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var given = body.Root.Object().Only("name", "scope", "organizationId", "projectId", "expiresInDays");
        var outcome = await tokens.CreateAsync(http.Caller(), new(
            given.Required("name").Text(),
            given.Optional("scope") is { } scope ? Scope(scope) : null,
            given.Optional("organizationId") is { } organization ? PathIds.Organization(organization.Text()) : null,
            given.Optional("projectId")?.Text(),
            given.Optional("expiresInDays")?.Integer()), cancellation);
        return outcome.IsRefused(out var refusal)
            ? IsletErrors.Refused(refusal)
            : ApiJson.Ok(NewTokenWire.Of(outcome.Value.Row, outcome.Value.Secret));
    }

    static async Task<IResult> Revoke(string tokenId, HttpContext http, Tokens tokens, CancellationToken cancellation)
    {
        var refusal = await tokens.RevokeAsync(http.Caller(), PathIds.Uuid(tokenId, "tokenId"), cancellation);
        return refusal is null ? ApiJson.Ok() : IsletErrors.Refused(refusal);
    }

    static TokenScope Scope(WireValue value) => value.Text() switch
    {
        "user" => TokenScope.User,
        "organization" => TokenScope.Organization,
        "project" => TokenScope.Project,
        _ => throw value.Bad("must be user, organization or project"),
    };
}

[Component("Token")]
sealed record TokenWire(
    Guid Id, string Name, [property: OfComponent("TokenScope")] string Scope, Guid? OrganizationId, Guid? ProjectId, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt)
{
    public static TokenWire Of(Token token) => new(
        token.Id, token.Name, token.Scope.Name(), token.OrganizationId?.Value, token.ProjectId?.Value, token.CreatedAt, token.ExpiresAt, token.LastUsedAt);
}

/// <summary>With the token, this once.</summary>
[Component("NewToken")]
sealed record NewTokenWire(
    Guid Id, string Name, [property: OfComponent("TokenScope")] string Scope, Guid? OrganizationId, Guid? ProjectId, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt,
    string Token)
{
    public static NewTokenWire Of(Token row, string secret) => new(
        row.Id, row.Name, row.Scope.Name(), row.OrganizationId?.Value, row.ProjectId?.Value, row.CreatedAt, row.ExpiresAt, row.LastUsedAt, secret);
}
