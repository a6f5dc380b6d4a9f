using Islet.Contracts;
using Islet.ControlPlane.Logs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Islet.Api.DenoDeploy;

/// <summary>Build logs and application logs of a deployment.</summary>
public static class LogEndpoints
{
    /// <summary>Every answer may last as long as its client does; it ends with the client or with the server.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/deployments/{deploymentId}/build_logs", GetBuildLogs).WithName("get_build_logs");
        group.MapGet("/deployments/{deploymentId}/app_logs", GetAppLogs).WithName("get_app_logs");
    }

    /// <summary>
    /// From the first entry to the last. In both forms the answer stays open until the build has ended: clients take
    /// its end for the end of the build, so a server that stops breaks the connection off instead.
    /// </summary>
    static async Task GetBuildLogs(
        string deploymentId, HttpContext http, LogDoor door, BuildLogs logs, IHostApplicationLifetime lifetime)
    {
        var deployment = new DeploymentId(deploymentId);
        if (!await door.ExistsAsync(http, deployment, http.RequestAborted))
        {
            await door.RefuseAsync(http, NotFound(deployment));
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var entries = logs.ReadAsync(deployment, 0, cancellation => door.HasEndedAsync(http, deployment, cancellation), over.Token);
        try
        {
            await LogStream.FollowAsync(http, entries, LogWire.Write, over.Token);
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
    }

    static async Task GetAppLogs(
        string deploymentId, HttpContext http, LogDoor door, LogSearch search, LogTail tail, TimeProvider clock,
        LogStreamOptions options, IHostApplicationLifetime lifetime)
    {
        var deployment = new DeploymentId(deploymentId);
        if (!await door.ExistsAsync(http, deployment, http.RequestAborted))
            await door.RefuseAsync(http, NotFound(deployment));
        else if (AppLogRequest.Read(http.Request.Query, deployment, clock.GetUtcNow()) is var read && read.IsRefused(out var refusal))
            await door.RefuseAsync(http, refusal);
        else if (read.Value.Past is { } query)
            await SendPast(http, search, query);
        else
            await FollowLive(http, door, tail, deployment, read.Value.Filter, clock, options, lifetime);
    }

    static async Task SendPast(HttpContext http, LogSearch search, LogQuery query)
    {
        try
        {
            var page = await search.FindAsync(query, http.RequestAborted);
            if (page.Next is { } next)
                http.Response.Headers.Link = LogWire.NextLink(http.Request, next.ToText(query.Deployment, query.Descending));
            await LogStream.SendAsync(http, page.Lines, LogWire.Write, http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to tell.
        }
    }

    /// <summary>
    /// Lines from now on. A reader of lines gets them without end; a reader of one array sees nothing before its end,
    /// and therefore gets one.
    /// </summary>
    static async Task FollowLive(
        HttpContext http, LogDoor door, LogTail tail, DeploymentId deployment, LogFilter filter, TimeProvider clock,
        LogStreamOptions options, IHostApplicationLifetime lifetime)
    {
        using var subscription = tail.Subscribe(deployment, filter);
        if (subscription is null)
        {
            await door.RefuseAsync(http, new Refusal(RefusalCode.TooManyRequests, "This deployment has too many live log readers."));
            return;
        }

        var endless = LogStream.WantsNdjson(http.Request);
        var lines = LiveLines.ReadAsync(
            subscription,
            endless ? Timeout.InfiniteTimeSpan : options.ArrayIdle,
            endless ? Timeout.InfiniteTimeSpan : options.ArrayTotal,
            clock,
            lifetime.ApplicationStopping);
        try
        {
            await LogStream.FollowAsync(http, lines, LogWire.Write, http.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client left: the only way in which a live log of lines ends before the server does.
        }
    }

    static Refusal NotFound(DeploymentId deployment) =>
        new(RefusalCode.DeploymentNotFound, $"Deployment {deployment} does not exist, or you have no access to it.");
}
