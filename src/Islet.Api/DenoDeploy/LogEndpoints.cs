using Islet.Contracts;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Islet.Api.DenoDeploy;

/// <summary>Build logs and application logs of a deployment.</summary>
public static class LogEndpoints
{
    /// <summary>Adds what the endpoints need beside <see cref="LogsSetup.AddLogs"/>.</summary>
    public static IServiceCollection AddLogEndpoints(this IServiceCollection services, LogStreamOptions options) =>
        services.AddSingleton(options).AddSingleton<LiveLines>();

    /// <summary>An answer may last as long as its client does; it ends with the client, the deployment or the server.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/deployments/{deploymentId}/build_logs", GetBuildLogs);
        group.MapRead("/deployments/{deploymentId}/app_logs", GetAppLogs);
    }

    /// <summary>
    /// From the first entry to the last. In both forms the answer stays open until the build has ended: clients take
    /// its end for the end of the build, so a server that stops breaks the connection off instead.
    /// </summary>
    static async Task GetBuildLogs(
        string deploymentId, HttpContext http, LogDoor door, LogAccess access, BuildLogs logs, IHostApplicationLifetime lifetime)
    {
        var (deployment, caller) = (new DeploymentId(deploymentId), door.CallerOf(http));
        if (await access.FindAsync(caller, deployment, http.RequestAborted) is null)
        {
            await door.RefuseAsync(http, NotFound);
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var entries = logs.ReadAsync(deployment, 0, HasEndedAsync, over.Token);
        try
        {
            await LogStream.FollowAsync(http, entries, LogWire.Write, over.Token);
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }

        async ValueTask<bool> HasEndedAsync(CancellationToken cancellation) =>
            await access.FindAsync(caller, deployment, cancellation) is not DeploymentStatus.Pending;
    }

    static async Task GetAppLogs(
        string deploymentId, HttpContext http, LogDoor door, LogAccess access, LogSearch search, LiveLines live, TimeProvider clock)
    {
        var (deployment, caller) = (new DeploymentId(deploymentId), door.CallerOf(http));
        if (await access.FindAsync(caller, deployment, http.RequestAborted) is null)
            await door.RefuseAsync(http, NotFound);
        else if (AppLogRequest.Read(http.Request.Query, deployment, clock.GetUtcNow()) is var read && read.IsRefused(out var refusal))
            await door.RefuseAsync(http, refusal);
        else if (read.Value.Past is { } query)
            await SendPast(http, search, query);
        else
            await FollowLive(http, door, live, caller, deployment, read.Value.Filter);
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

    static async Task FollowLive(
        HttpContext http, LogDoor door, LiveLines live, Caller caller, DeploymentId deployment, LogFilter filter)
    {
        using var subscription = live.Subscribe(deployment, filter);
        if (subscription is null)
        {
            await door.RefuseAsync(http, new Refusal(RefusalCode.TooManyRequests, "This deployment has too many live log readers."));
            return;
        }

        try
        {
            var lines = live.ReadAsync(subscription, caller, LogStream.WantsNdjson(http.Request), http.RequestAborted);
            await LogStream.FollowAsync(http, lines, LogWire.Write, http.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client left, as most readers of a live log end.
        }
    }

    static Refusal NotFound { get; } =
        new(RefusalCode.DeploymentNotFound, "The requested deployment was not found, or you do not have access to it.");
}
