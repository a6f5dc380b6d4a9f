using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Secrets;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Variables of a project whose values programs never see: they have a placeholder, which the gateway replaces in the
/// header fields of requests to the named hosts.
/// <code>
///   PUT     { "value": "…", "hosts": ["api.example.com"], "tls": true }   →  200  { "name", "hosts", "tls", "updatedAt" }
///   GET     200  the same, or an array of them; never a value
///   DELETE  200  null
/// </code>
/// <c>tls</c>, true unless it is given, lets the gateway end TLS to these hosts; without it only plain HTTP is looked into.
/// A change counts for isolates that start after it.
/// </summary>
static class SecretEndpoints
{
    const string Tag = "project";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/projects/{projectId}/secrets", List)
            .Describe("list_secrets", Tag, "List secrets of a project").AnswersMany("Secret").Says("Never their values.");
        group.MapRead("/projects/{projectId}/secrets/{name}", Get)
            .Describe("get_secret", Tag, "Get a secret").Answers("Secret").Says("Never its value.");
        group.MapPut("/projects/{projectId}/secrets/{name}", Put)
            .Describe("put_secret", Tag, "Make or replace a secret").Answers("Secret")
            .Takes("PutSecretRequest", """{ "value": "s3cret", "hosts": ["api.example.com"] }""")
            .Says("Counts for isolates that start afterwards.");
        group.MapDelete("/projects/{projectId}/secrets/{name}", Delete)
            .Describe("delete_secret", Tag, "Delete a secret");
    }

    static async Task<IResult> List(string projectId, HttpContext http, ProjectSecrets secrets, CancellationToken cancellation)
    {
        var outcome = await secrets.ListAsync(http.Caller(), projectId, cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(outcome.Value);
    }

    static async Task<IResult> Get(string projectId, string name, HttpContext http, ProjectSecrets secrets, CancellationToken cancellation) =>
        Answer(await secrets.GetAsync(http.Caller(), projectId, name, cancellation));

    static async Task<IResult> Put(
        string projectId, string name, HttpContext http, ProjectSecrets secrets, BodyReader bodies, CancellationToken cancellation)
    {
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var given = body.Root.Object().Only("value", "hosts", "tls");
        return Answer(await secrets.PutAsync(
            http.Caller(), projectId, name,
            given.Required("value").Text(),
            given.Required("hosts").Items().ConvertAll(host => host.Text()),
            given.Optional("tls")?.Flag() ?? true,
            cancellation));
    }

    static async Task<IResult> Delete(string projectId, string name, HttpContext http, ProjectSecrets secrets, CancellationToken cancellation)
    {
        var refusal = await secrets.DeleteAsync(http.Caller(), projectId, name, cancellation);
        return refusal is null ? ApiJson.Ok() : IsletErrors.Refused(refusal);
    }

    static IResult Answer(Outcome<SecretView> outcome) =>
        outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(outcome.Value);
}
