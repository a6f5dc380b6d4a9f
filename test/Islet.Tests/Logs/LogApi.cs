using Islet.Api.DenoDeploy;
using Islet.Contracts;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Logs;

/// <summary>The log endpoints behind a real Kestrel, with a real telemetry.db.</summary>
sealed class LogApi : IAsyncDisposable
{
    readonly string directory = Directory.CreateTempSubdirectory("islet-log-api-").FullName;
    readonly WebApplication app;
    readonly Tenants tenants;

    LogApi(LogStreamOptions streams, Action<LogsOptions>? change)
    {
        var options = new LogsOptions { TelemetryPath = Path.Combine(directory, "telemetry.db"), Gather = TimeSpan.FromMilliseconds(10) };
        change?.Invoke(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services
            .AddDbContext<IsletDb, SqliteIsletDb>(db => SqliteIsletDb.Configure(db, directory))
            .AddLogs(options)
            .AddLogEndpoints(streams)
            .AddSingleton(new LogDoor(_ => tenants!.Caller, async (http, refusal) =>
            {
                http.Response.StatusCode = refusal.Code switch
                {
                    RefusalCode.DeploymentNotFound => 404,
                    RefusalCode.TooManyRequests => 429,
                    _ => 400,
                };
                await http.Response.WriteAsync(refusal.Message);
            }));
        app = builder.Build();
        LogEndpoints.Map(app.MapGroup("/v1"));
        tenants = new Tenants(app.Services.GetRequiredService<IServiceScopeFactory>());
    }

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };

    public BuildLogs Builds => app.Services.GetRequiredService<BuildLogs>();

    public static async Task<LogApi> StartAsync(LogStreamOptions? streams = null, Action<LogsOptions>? change = null)
    {
        var api = new LogApi(streams ?? new LogStreamOptions(), change);
        await api.tenants.CreateAsync();
        await api.app.StartAsync();
        api.Client.BaseAddress = new Uri(api.app.Urls.Single());
        return api;
    }

    public void Write(string message, LogSeverity severity = LogSeverity.Info, DateTimeOffset? time = null) =>
        app.Services.GetRequiredService<ILogSink>().Write(new LogLine(LogRoom.Mine, time ?? DateTimeOffset.UtcNow, severity, message));

    /// <summary>Returns when that many lines are stored.</summary>
    public async Task StoredAsync(int count)
    {
        var query = new LogQuery(LogRoom.Mine, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, LogFilter.Everything, 10_000, true, null);
        for (var tries = 0; tries < 200; tries++)
        {
            if ((await app.Services.GetRequiredService<LogSearch>().FindAsync(query, default)).Lines.Count >= count)
                return;
            await Task.Delay(20);
        }

        throw new TimeoutException($"{count} lines were not stored in time.");
    }

    /// <summary>Answers when the headers are there.</summary>
    public Task<HttpResponseMessage> GetAsync(string path, string? accept = null, CancellationToken cancellation = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/deployments/{path}");
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("accept", accept);
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>As a build does at its end.</summary>
    public async Task EndBuildAsync()
    {
        await tenants.ChangeAsync(rows => rows.ExecuteUpdateAsync(row => row.SetProperty(d => d.Status, DeploymentStatus.Success)));
        Builds.Complete(LogRoom.Mine);
    }

    public Task DeleteDeploymentAsync() => tenants.ChangeAsync(rows => rows.ExecuteDeleteAsync());

    public Task StopServerAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
