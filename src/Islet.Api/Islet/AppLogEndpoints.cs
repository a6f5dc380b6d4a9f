using System.Text.Json;
using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Logs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Application logs with the parameters of version 1, whose entries have two members more: <c>trace</c> and <c>span</c>,
/// null for what was not written within a request.
/// </summary>
static class AppLogEndpoints
{
    public static void Map(RouteGroupBuilder group) => AppLogs.Ask(
        group.MapRead("/deployments/{deploymentId}/app_logs", Get).Describe("get_app_logs", "deployment", "Get the application log of a deployment").Streams("AppLogEntry"));

    static Task<IResult> Get(string deploymentId, HttpContext http, AppLogs logs) =>
        logs.AnswerAsync(http, PathIds.Deployment(deploymentId), Write, IsletErrors.Refused);

    static void Write(Utf8JsonWriter json, AppLogLine line)
    {
        json.WriteStartObject();
        LogWire.WriteMembers(json, line);
        json.WriteString("trace"u8, line.Trace);
        json.WriteString("span"u8, line.Span);
        json.WriteEndObject();
    }
}
