using Islet.Api;
using Islet.Api.DenoDeploy;
using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.Kv;
using Islet.Tests.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Logs;

/// <summary>The log endpoints behind a real Kestrel, with real tokens, rows and telemetry.db.</summary>
sealed class LogApi : IAsyncDisposable
{
    readonly string directory = Directory.CreateTempSubdirectory("islet-log-api-").FullName;
    readonly TestDatabase database = TestDatabase.Create();
    readonly WebApplication app;
    readonly Tenants tenants;
    OrganizationId organization;

    LogApi()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services
            .Configure<ControlPlaneOptions>(options => (options.DataDirectory, options.Database) = (directory, database.Address))
            .AddSingleton<IIsolates, NoIsolates>()
            .AddControlPlane()
            .AddLogs(new LogsOptions
            {
                TelemetryPath = Path.Combine(directory, "telemetry.db"),
                Gather = TimeSpan.FromMilliseconds(10),
                TailsPerDeployment = 2,
            })
            .AddSingleton(new LogStreamOptions
            {
                ArrayIdle = TimeSpan.FromSeconds(1),
                ArrayTotal = TimeSpan.FromSeconds(3),
                CheckAccessEvery = TimeSpan.FromMilliseconds(50),
            })
            .AddIsletApi()
            .AddKv()
            .Configure<KvOptions>(options => options.Directory = Path.Combine(directory, "kv"));
        app = builder.Build();
        app.MapIsletApi();
        tenants = new Tenants(app.Services.GetRequiredService<IServiceScopeFactory>());
    }

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>A deployment of the caller, whose build has not ended.</summary>
    public Task<LoggingDeployment> DeployAsync() => DeployAsync(organization);

    public async Task<LoggingDeployment> DeployElsewhereAsync() => await DeployAsync(await tenants.AddOrganizationAsync());

    public static async Task<LogApi> StartAsync()
    {
        var api = new LogApi();
        await api.app.StartAsync();
        var first = api.app.Services.GetRequiredService<ControlPlaneStart>().First!;
        api.organization = new OrganizationId(Guid.Parse(first.OrganizationId));
        api.Client.DefaultRequestHeaders.Authorization = new("Bearer", first.Token);
        api.Client.BaseAddress = new Uri(api.app.Urls.Single());
        return api;
    }

    /// <summary>Answers when the headers are there.</summary>
    public Task<HttpResponseMessage> GetAsync(string path, string? accept = null, CancellationToken cancellation = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/deployments/{path}");
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("accept", accept);
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    public Task StopServerAsync() => app.StopAsync();

    async Task<LoggingDeployment> DeployAsync(OrganizationId owner) => new(app.Services, tenants, await tenants.AddDeploymentAsync(owner));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        Directory.Delete(directory, recursive: true);
        database.Dispose();
    }

    /// <summary>A node that starts nothing: logs need no program to run.</summary>
    sealed class NoIsolates : IIsolates
    {
        public ValueTask<LeaseOutcome> LeaseAsync(IsolateSpec spec, CancellationToken cancellation) =>
            ValueTask.FromResult(LeaseOutcome.Of(new StartFailure(StartFailureReason.NoCapacity, [])));

        public void Return(IsolateLease lease, ShutdownReason reason)
        {
            // No lease is ever given.
        }

        public void Kill(IsolateLease lease, ShutdownReason reason)
        {
            // No lease is ever given.
        }

        public void Drain(DeploymentId deployment, ShutdownReason reason)
        {
            // Nothing runs.
        }
    }
}
