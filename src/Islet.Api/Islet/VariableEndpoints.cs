using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Variables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Variables that new deployments and redeployments of a project get; a deployment's own of the same name win.
/// <code>
///   GET     200  [ { "name", "value", "updatedAt" } ]     "value" is null for those who may not deploy
///   PUT     …/env/NAME   { "value": "…" }   →  200  { "name", "value", "updatedAt" }
///   DELETE  …/env/NAME   200  null
/// </code>
/// </summary>
static class VariableEndpoints
{
    const string Tag = "project";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/projects/{projectId}/env", List)
            .Describe("list_variables", Tag, "List variables of a project").AnswersMany("Variable").Says("The values are null for those who may not deploy.");
        group.MapPut("/projects/{projectId}/env/{name}", Put)
            .Describe("put_variable", Tag, "Make or replace a variable").Answers("Variable")
            .Takes("PutVariableRequest", """{ "value": "hello" }""").Says("New deployments and redeployments get it; one of their own of the same name wins.").Fails(403);
        group.MapDelete("/projects/{projectId}/env/{name}", Delete)
            .Describe("delete_variable", Tag, "Delete a variable").Fails(403);
    }

    static async Task<IResult> List(string projectId, HttpContext http, ProjectVariables variables, CancellationToken cancellation)
    {
        var outcome = await variables.ListAsync(http.Caller(), projectId, cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(outcome.Value);
    }

    static async Task<IResult> Put(
        string projectId, string name, HttpContext http, ProjectVariables variables, BodyReader bodies, CancellationToken cancellation)
    {
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var value = body.Root.Object().Only("value").Required("value").Text();
        var outcome = await variables.PutAsync(http.Caller(), projectId, name, value, cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(outcome.Value);
    }

    static async Task<IResult> Delete(string projectId, string name, HttpContext http, ProjectVariables variables, CancellationToken cancellation)
    {
        var refusal = await variables.DeleteAsync(http.Caller(), projectId, name, cancellation);
        return refusal is null ? ApiJson.Ok() : IsletErrors.Refused(refusal);
    }
}
