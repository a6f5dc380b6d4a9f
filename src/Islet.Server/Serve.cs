using Islet.Api;
using Islet.ControlPlane;
using Islet.ControlPlane.Builds;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Invitations;
using Islet.ControlPlane.Logs;
using Islet.Edge;
using Islet.Edge.Tls;
using Islet.Isolates;
using Islet.Isolates.Jailing;
using Islet.Kv;
using Islet.Server.Hosts;
using Islet.Server.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Islet.Server;

/// <summary>The server: all roles in one process.</summary>
static class Serve
{
    static readonly TimeSpan InFlightGrace = TimeSpan.FromSeconds(30);

    /// <summary>Gives the server when it is ready. A start that fails leaves nothing behind but files.</summary>
    public static async Task<WebApplication> StartAsync(ServerSettings settings, JailerProcess? jailer)
    {
        // 1 settings
        DataDirectory.Prepare(settings.DataDirectory);
        // not the working directory, which the server need not be able to read
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "islet", ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings.ForRooms);
        ToConsole(builder.Logging)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical); // why a start failed is told at the end
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = InFlightGrace + TimeSpan.FromSeconds(15));

        // 2 rooms, in the order of their start
        AddRooms(builder.Services, builder.Configuration.GetSection("Islet"), settings, jailer);
        builder.Services.PostConfigure<SocketTransportOptions>(transport => BoundPort.TakeOver(transport, settings));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            var run = Path.Combine(settings.DataDirectory, "run");
            kestrel.ListenOn(settings.Listen, run);
            if (settings.TlsListen is { } tls)
                kestrel.ListenOnTls(tls);
            Egress.Listen(kestrel, run);
        });

        // 3 pipeline: the platform's own hosts, else a visitor
        var app = builder.Build();
        _ = app.Services.GetRequiredService<OperatorCertificate>(); // a mistake is told before anything starts
        var platform = new PlatformHosts(settings.Domain, settings.EndPoints.Select(own => own.EndPoint.Address));
        var serve = app.Services.GetRequiredService<ServeRequest>();
        app.Use((context, next) => platform.Contains(context.Request.Headers.Host) ? SocketThreads.LeaveAsync(next, context) : serve.InvokeAsync(context));
        app.UseRouting();
        app.MapIsletApi();
        app.MapGet("/", () => "Islet is running. The API is at /v1; see README.md for a first deployment.\n");

        // 4 start
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.StopAsync(CancellationToken.None); // the rooms that did start
            await app.DisposeAsync();
            throw;
        }
        Banner.Print(app.Services, settings);
        await File.WriteAllTextAsync(DataDirectory.ReadyFile(settings.DataDirectory), $"{ServerProcesses.KnownProcessId}\n");
        return app;
    }

    public static ILoggingBuilder ToConsole(ILoggingBuilder logging) => logging
        .ClearProviders()
        .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "))
        .AddFilter("Microsoft", LogLevel.Warning);

    public static void ForIsolates(IsolatesOptions options, ServerSettings settings)
    {
        options.DataDirectory = settings.DataDirectory;
        options.SharedDirectory = settings.SharedDirectory;
        options.DenoPath = FindDeno.Path(settings.Deno);
    }

    static void AddRooms(IServiceCollection services, IConfiguration configuration, ServerSettings settings, JailerProcess? jailer)
    {
        services.AddLogs(new LogsOptions
        {
            TelemetryPath = Path.Combine(settings.DataDirectory, "telemetry.db"),
            Region = configuration["Logs:Region"]!,
        });
        services.AddControlPlane();
        services.Configure<ControlPlaneOptions>(configuration.GetSection("ControlPlane"));
        services.Configure<DomainsOptions>(configuration.GetSection("Domains"));
        services.Configure<BackupsOptions>(configuration.GetSection("Backups"));
        services.AddOptions<ControlPlaneOptions>().PostConfigure<OperatorCertificate>((options, certificate) =>
        {
            options.DataDirectory = settings.DataDirectory;
            options.PublicUrl = settings.PublicUrl(certificate);
        });
        Egress.AddRooms(services, configuration, settings);
        services.AddIsolates(ServerProcesses.JailerChannel, jailer);
        services.Configure<IsolatesOptions>(configuration.GetSection("Isolates"));
        services.PostConfigure<IsolatesOptions>(options => ForIsolates(options, settings));
        services.AddBuilds();
        services.Configure<BuildsOptions>(configuration.GetSection("Builds"));
        services.AddKv();
        services.Configure<KvOptions>(configuration.GetSection("Kv"));
        services.AddOptions<KvOptions>().PostConfigure<IOptions<ControlPlaneOptions>>((options, control) =>
            (options.Directory, options.Postgres) = (Path.Combine(settings.DataDirectory, "kv"), control.Value.Database));
        services.AddEdge();
        services.AddEdgeTls();
        services.PostConfigure<EdgeTlsOptions>(options => options.Domain = settings.Domain);
        services.AddKvQueues();
        services.AddMeasureDatabases();
        services.AddRunBackups();
        services.AddCronClock();
        services.Configure<CronsOptions>(configuration.GetSection("Crons"));
        services.AddIsletApi();
        services.Configure<ApiOptions>(configuration.GetSection("Api"));
        services.Configure<MailOptions>(configuration.GetSection("Mail"));
    }
}
