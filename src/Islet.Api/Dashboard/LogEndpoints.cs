using System.Runtime.CompilerServices;
using System.Text.Json;
using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Islet.ControlPlane.Logs;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Dashboard;

/// <summary>
/// Application logs of a deployment, or of <c>latest</c>, the newest.
/// <code>
///   GET  /projects/ID/deployments/ID/logs         lines from now on: { "type": "ready" }, then message and, when there was none for long, ping
///   GET  /projects/ID/deployments/ID/query_logs   200  { "logs": [ … ] }   ?params={ "since", "until", "levels", "regions", "q", "limit" }
/// </code>
/// </summary>
static class LogEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/projects/{projectId}/deployments/{deploymentId}/logs", Follow);
        group.MapRead("/projects/{projectId}/deployments/{deploymentId}/query_logs", Query);
    }

    static async Task<IResult> Follow(string projectId, string deploymentId, HttpContext http, PathProjects paths, LiveLines live, CancellationToken cancellation)
    {
        var found = await paths.FindDeploymentAsync(http.Caller(), projectId, deploymentId, latestIsProduction: false, cancellation);
        if (found.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        using var subscription = live.Subscribe(found.Value, LogFilter.Everything);
        if (subscription is null)
            return DenoDeployErrors.Refused(new(RefusalCode.TooManyRequests, "This deployment has too many live log readers") { RetryAfter = TimeSpan.FromSeconds(5) });
        try
        {
            var lines = live.WatchAsync(subscription, http.Caller(), endless: true, http.RequestAborted);
            await LogStream.FollowLinesAsync(http, WithSigns(lines, http.RequestAborted), Write, http.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client left, as all readers of it end.
        }

        return Results.Empty;
    }

    static async Task<IResult> Query(
        string projectId, string deploymentId, HttpContext http, PathProjects paths, LogSearch search, TimeProvider clock, CancellationToken cancellation)
    {
        var found = await paths.FindDeploymentAsync(http.Caller(), projectId, deploymentId, latestIsProduction: false, cancellation);
        if (found.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);
        var lines = await LogQuestion.Read(http.Request.Query, found.Value, clock.GetUtcNow()).AskAsync(search, cancellation);
        return ApiJson.Ok(new AnswerWire(lines.Select(line => new LineWire(
            found.Value.Value, "", line.Region, LogWire.Level(line.Severity), line.Time, line.Message))));
    }

    static async IAsyncEnumerable<Sign> WithSigns(IAsyncEnumerable<AppLogLine?> lines, [EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return new("ready", null);
        await foreach (var line in lines.WithCancellation(cancellation))
            yield return new(line is null ? "ping" : "message", line);
    }

    static void Write(Utf8JsonWriter json, Sign sign)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, sign.Type);
        if (sign.Line is { } line)
            LogWire.WriteMembers(json, line);
        json.WriteEndObject();
    }

    readonly record struct Sign(string Type, AppLogLine? Line);

    /// <param name="IsolateId">Not known of stored lines: empty.</param>
    sealed record LineWire(string DeploymentId, string IsolateId, string Region, string Level, DateTimeOffset Timestamp, string Message);

    sealed record AnswerWire(IEnumerable<LineWire> Logs);
}
