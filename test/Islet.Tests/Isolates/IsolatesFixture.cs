using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Islet.Contracts;
using Islet.Isolates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Isolates;

/// <summary>The room Isolates alone, on a data directory of its own, with real Deno behind a real jail.</summary>
internal sealed class IsolatesFixture : IAsyncDisposable
{
    static long lastDeployment;

    readonly ServiceProvider provider;
    readonly string root;
    readonly bool ownsDirectory;

    IsolatesFixture(ServiceProvider provider, string directory, bool ownsDirectory) =>
        (this.provider, root, this.ownsDirectory) = (provider, directory, ownsDirectory);

    public string Data => Path.Combine(root, "data");

    public RecordingLog Log => provider.GetRequiredService<RecordingLog>();

    public IIsolates Isolates => provider.GetRequiredService<IIsolates>();

    public IBuilderJail Builder => provider.GetRequiredService<IBuilderJail>();

    public JailStatus Status => provider.GetRequiredService<JailStatus>();

    public T Get<T>() where T : notnull => provider.GetRequiredService<T>();

    public static async Task<IsolatesFixture> StartAsync(Action<IsolatesOptions>? configure = null, string? at = null)
    {
        var deno = DenoOrSkip();
        var directory = at ?? Directory.CreateTempSubdirectory("islet-t").FullName; // mode 0700: a slot's user cannot pass it
        var services = new ServiceCollection();
        services.AddLogging(log => log.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning));
        services.AddSingleton<RecordingLog>();
        services.AddSingleton<ILogSink>(provider => provider.GetRequiredService<RecordingLog>());
        services.AddIsolates();
        services.Configure<IsolatesOptions>(options =>
        {
            options.DataDirectory = Path.Combine(directory, "data");
            options.DenoPath = deno;
            options.UidBase = 62_000;
            options.WarmSlots = 1;
            configure?.Invoke(options);
        });
        var fixture = new IsolatesFixture(services.BuildServiceProvider(), directory, at is null);
        try
        {
            foreach (var hosted in fixture.provider.GetServices<IHostedService>())
                await hosted.StartAsync(default);
            return fixture;
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    /// <summary>A deployment made by hand: a main module, no build.</summary>
    public IsolateSpec Program(string main, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? net = null, params (string Path, string Text)[] files)
    {
        var id = $"test{Interlocked.Increment(ref lastDeployment):D8}";
        var artifact = Path.Combine(Data, "artifacts", id);
        foreach (var (path, text) in ((string, string)[])[("src/main.ts", main), .. files])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(artifact, path))!);
            File.WriteAllText(Path.Combine(artifact, path), text);
        }
        return new IsolateSpec(
            new DeploymentId(id), new ProjectId(Guid.NewGuid()), new OrganizationId(Guid.NewGuid()),
            new Artifact(ArtifactKind.Graph, artifact, "file:///src/main.ts", ["--no-config", "--no-lock"], new Dictionary<string, string>(StringComparer.Ordinal)),
            environment ?? new Dictionary<string, string>(), net);
    }

    public async Task<IsolateLease> LeaseAsync(IsolateSpec spec)
    {
        var outcome = await Isolates.LeaseAsync(spec, TestContext.Current.CancellationToken);
        outcome.Started.ShouldBeTrue($"{outcome.Failure?.Reason}: {string.Join(" | ", outcome.Failure?.LastLines ?? [])}");
        return outcome.Lease!;
    }

    public async Task<StartFailure> FailureAsync(IsolateSpec spec)
    {
        var outcome = await Isolates.LeaseAsync(spec, TestContext.Current.CancellationToken);
        return outcome.Failure.ShouldNotBeNull();
    }

    /// <summary>One request in absolute form, as the edge sends it; the whole answer as text.</summary>
    public static async Task<string> GetAsync(IsolateLease lease, string path = "/", string client = "203.0.113.7:4711")
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(lease.SocketPath));
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET https://app.example{path} HTTP/1.1\r\nHost: app.example\r\nx-islet-client: {client}\r\nConnection: close\r\n\r\n"));
        using var answer = new MemoryStream();
        var buffer = new byte[8192];
        while (await socket.ReceiveAsync(buffer, new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token) is var count and > 0)
            answer.Write(buffer, 0, count);
        return Encoding.UTF8.GetString(answer.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in provider.GetServices<IHostedService>())
            await hosted.StopAsync(default);
        await provider.DisposeAsync();
        if (ownsDirectory)
            Directory.Delete(root, recursive: true);
    }

    public static string DenoOrSkip()
    {
        var path = Environment.GetEnvironmentVariable("ISLET_DENO") ?? FindTools();
        if (path is not null && File.Exists(path))
            return path;
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
            throw new InvalidOperationException("Deno is needed on CI: set ISLET_DENO.");
        Assert.Skip("Deno was not found: set ISLET_DENO.");
        return "";
    }

    static string? FindTools()
    {
        for (var place = new DirectoryInfo(AppContext.BaseDirectory); place is not null; place = place.Parent)
            if (Path.Combine(place.FullName, ".tools", "deno") is var deno && File.Exists(deno))
                return deno;
        return null;
    }
}

internal sealed class RecordingLog : ILogSink
{
    readonly ConcurrentQueue<LogLine> lines = new();

    public IEnumerable<LogLine> Lines => lines;

    public void Write(in LogLine line) => lines.Enqueue(line);

    public IEnumerable<LogLine> Of(DeploymentId deployment) => lines.Where(line => line.Deployment == deployment);
}
