using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Islet.Contracts;
using Islet.Edge;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Edge;

/// <summary>A real Kestrel with the edge behind it, and the peer's side of its two seams.</summary>
sealed class EdgeUnderTest : IRouteSource, IIsolates, ILogSink, IUsageSink, IAsyncDisposable
{
    readonly WebApplication server;
    readonly ConcurrentDictionary<DeploymentId, Func<ValueTask<LeaseOutcome>>> starts = new();
    readonly Lock gate = new();
    long isolates;
    int disposed;
    volatile RouteSnapshot current = RouteSnapshot.Empty;

    EdgeUnderTest(WebApplication server, string directory) => (this.server, Directory) = (server, directory);

    public string Directory { get; }

    public int Port { get; private set; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public RouteSnapshot Current => current;

    public ConcurrentQueue<(IsolateLease Lease, ShutdownReason Reason)> Returned { get; } = new();

    public int Leases;

    public static async Task<EdgeUnderTest> StartAsync(Action<EdgeOptions>? configure = null, Action<WebApplicationBuilder, string>? more = null)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("edge-").FullName;
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        EdgeUnderTest? edge = null;
        builder.Services.AddLogging(log => log.SetMinimumLevel(LogLevel.None));
        builder.Services.AddSingleton<IRouteSource>(_ => edge!);
        builder.Services.AddSingleton<IIsolates>(_ => edge!);
        builder.Services.AddSingleton<ILogSink>(_ => edge!);
        builder.Services.AddSingleton<IUsageSink>(_ => edge!);
        builder.Services.AddEdge();
        if (configure is not null)
            builder.Services.Configure(configure);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenOn(new IPEndPoint(IPAddress.Loopback, 0), directory));
        more?.Invoke(builder, directory);
        var app = builder.Build();
        edge = new EdgeUnderTest(app, directory);
        var serve = app.Services.GetRequiredService<ServeRequest>();
        app.Run(serve.InvokeAsync);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        edge.Port = new Uri(addresses.First(a => !a.Contains("unix", StringComparison.Ordinal))).Port;
        return edge;
    }

    /// <summary>Routes a host to a deployment of the same name whose isolates come from <paramref name="start"/>.</summary>
    public void Route(string host, Func<ValueTask<LeaseOutcome>> start, TimeSpan? timeout = null, string? deployment = null, ProjectLimits? limits = null, ProjectId project = default)
    {
        var id = new DeploymentId(deployment ?? host);
        starts[id] = start;
        lock (gate)
        {
            var hosts = current.Hosts.ToDictionary();
            hosts[host] = new Route(host, id, project, default, timeout) { Limits = limits ?? ProjectLimits.Default };
            current = new RouteSnapshot(current.Version + 1, hosts.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
        }
    }

    public void Unroute(string host)
    {
        lock (gate)
        {
            var hosts = current.Hosts.ToDictionary();
            hosts.Remove(host);
            current = new RouteSnapshot(current.Version + 1, hosts.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
        }
    }

    public void Route(string host, string socketPath, TimeSpan? timeout = null, ProjectLimits? limits = null, ProjectId project = default) =>
        Route(host, () => new(LeaseOutcome.Of(NewLease(host, socketPath))), timeout, limits: limits, project: project);

    public IsolateLease NewLease(string deployment, string socketPath, Task<IsolateEnd>? ended = null, CancellationToken draining = default) => new(
        new IsolateId(Interlocked.Increment(ref isolates)), new DeploymentId(deployment), socketPath,
        TimeSpan.FromMilliseconds(17), ended ?? new TaskCompletionSource<IsolateEnd>().Task, draining);

    public ValueTask<IsolateSpec?> FindSpecAsync(DeploymentId deployment, CancellationToken cancellation) => new(
        new IsolateSpec(deployment, default, default, new Artifact(ArtifactKind.Graph, "/", "file:///src/main.ts", [], new Dictionary<string, string>(StringComparer.Ordinal)), new Dictionary<string, string>(StringComparer.Ordinal), null));

    public ValueTask<LeaseOutcome> LeaseAsync(IsolateSpec spec, CancellationToken cancellation)
    {
        Interlocked.Increment(ref Leases);
        return starts[spec.Deployment]();
    }

    public void Return(IsolateLease lease, ShutdownReason reason) => Returned.Enqueue((lease, reason));

    public ConcurrentQueue<(IsolateLease Lease, ShutdownReason Reason)> Killed { get; } = new();

    /// <summary>What a kill does besides being noted.</summary>
    public Action<IsolateLease, ShutdownReason> OnKill { get; set; } = static (_, _) => { };

    public void Kill(IsolateLease lease, ShutdownReason reason)
    {
        Killed.Enqueue((lease, reason));
        OnKill(lease, reason);
    }

    public ConcurrentQueue<LogLine> Lines { get; } = new();

    public void Write(in LogLine line) => Lines.Enqueue(line);

    public ConcurrentQueue<UsageSample> Used { get; } = new();

    public void Add(in UsageSample sample) => Used.Enqueue(sample);

    public void Drain(DeploymentId deployment, ShutdownReason reason) => throw new InvalidOperationException("The edge does not drain.");

    public HttpClient Client(string host, Version? version = null) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
        BaseAddress = Address,
        DefaultRequestHeaders = { Host = host },
        DefaultRequestVersion = version ?? HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(30),
    };

    public async Task<RawPeer> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return new RawPeer(socket);
    }

    /// <summary>Sends the text on a new connection and reads to the end of the connection.</summary>
    public async Task<string> ExchangeAsync(string request)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(request);
        return await client.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return; // the container thinks that it owns its seams

        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
            await server.StopAsync(limit.Token);
        await server.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
