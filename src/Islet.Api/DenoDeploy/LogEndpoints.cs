using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Logs;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Islet.Api.DenoDeploy;

/// <summary>
/// Build logs and application logs of a deployment. An answer may last as long as its client does; it ends with the
/// client, the deployment or the server.
/// </summary>
static class LogEndpoints
{
    /// <summary>Adds what the endpoints need beside <see cref="LogsSetup.AddLogs"/>. A host that wants other limits adds <see cref="LogStreamOptions"/> before.</summary>
    public static void AddLogEndpoints(this IServiceCollection services)
    {
        services.TryAddSingleton<LogStreamOptions>();
        services.AddSingleton<LiveLines>();
        services.AddSingleton<BuildLines>();
        services.AddScoped<RedeployToEnd>();
        services.AddSingleton<AppLogs>();
    }

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/deployments/{deploymentId}/build_logs", GetBuildLogs)
            .Describe("get_build_logs", "deployment", "Get the build log of a deployment").Streams("BuildLogsResponseEntry").Sdk("deployments.buildLogs.get")
            .Says("From the first entry to the last; the answer stays open until the build has ended.");
        AppLogs.Ask(group.MapRead("/deployments/{deploymentId}/app_logs", GetAppLogs)
            .Describe("get_app_logs", "deployment", "Get the application log of a deployment").Streams("AppLogsResponseEntry").Sdk("deployments.appLogs.get"));
    }

    /// <summary>
    /// From the first entry to the last. In both forms the answer stays open until the build has ended: clients take
    /// its end for the end of the build, so a server that stops breaks the connection off instead.
    /// </summary>
    static async Task<IResult> GetBuildLogs(
        string deploymentId, HttpContext http, LogAccess access, BuildLines build, IHostApplicationLifetime lifetime)
    {
        var (deployment, caller) = (PathIds.Deployment(deploymentId), http.Caller());
        var found = await access.FindAsync(caller, deployment, http.RequestAborted);
        if (found.IsRefused(out var refusal))
            return DenoDeployErrors.Refused(refusal);

        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await LogStream.FollowAsync(http, build.ReadAsync(caller, deployment, over.Token), LogWire.Write, over.Token);
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }

        return Results.Empty;
    }

    static Task<IResult> GetAppLogs(string deploymentId, HttpContext http, AppLogs logs) =>
        logs.AnswerAsync(http, PathIds.Deployment(deploymentId), LogWire.Write, DenoDeployErrors.Refused);
}
