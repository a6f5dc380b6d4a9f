using System.Collections.Concurrent;
using System.Net;
using Islet.Contracts;
using Islet.Gateway.Secrets;
using Islet.Gateway.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Gateway;

/// <summary>
/// A program, played by the test, asks a host through the gateway's second server. The host's ports are not 80 and 443:
/// whoever dials is replaced, and everything else is real.
/// </summary>
public abstract class SecretsUnderTest : IAsyncLifetime
{
    protected const string Value = "s3cret-value";
    protected const string Placeholder = "islet-secret-3f9a1c";

    private protected static readonly IsolateId Isolate = new(1);

    private protected DirectoryInfo Keys { get; } = Directory.CreateTempSubdirectory("secrets-");
    readonly ConcurrentQueue<string> log = new();
    private protected ConcurrentQueue<(SlotCaller Caller, long Sent, long Received)> Counted { get; } = new();
    private protected TaskCompletionSource<(long Sent, long Received)> Closed { get; } = new();
    private protected InternalCa Slots { get; private set; } = null!;
    private protected InternalCa World { get; private set; } = null!;
    IHost gateway = null!;
    private protected EgressSecrets Secrets { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        World = InternalCa.Open(Path.Combine(Keys.FullName, "world"), TimeProvider.System);
        var worldPem = Path.Combine(Keys.FullName, "world.pem");
        await File.WriteAllTextAsync(worldPem, World.CertificatePem);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new Lines(log));
        builder.Services.Configure<GatewayTlsOptions>(options => (options.KeysDirectory, options.UpstreamCaFile) = (Path.Combine(Keys.FullName, "keys"), worldPem));
        builder.Services.AddEgressSecrets();
        gateway = builder.Build();
        await gateway.StartAsync();
        Slots = gateway.Services.GetRequiredService<InternalCa>();
        Secrets = gateway.Services.GetRequiredService<EgressSecrets>();
        var meter = gateway.Services.GetRequiredService<EgressMeter>();
        meter.Count = (caller, sent, received) => Counted.Enqueue((caller, sent, received));
        meter.Closed = (_, sent, received) => Closed.TrySetResult((sent, received));
        Assign(new EgressSecret("API_KEY", Placeholder, Value, ["api.example"], Tls: true));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await gateway.StopAsync();
        await ((IAsyncDisposable)gateway).DisposeAsync();
        World.Dispose();
        Keys.Delete(recursive: true);
        log.ShouldAllBe(line => !line.Contains(Value, StringComparison.Ordinal));
    }

    private protected static SlotCaller Caller(IPEndPoint destination) => HandedConnection.Caller(Isolate.Value, "api.example", destination);

    private protected static IsolateSpec Spec(params EgressSecret[] all) =>
        new(new DeploymentId("caller"), default, default, new Artifact(ArtifactKind.Graph, "/", "file:///src/main.ts", [], new Dictionary<string, string>(StringComparer.Ordinal)), new Dictionary<string, string>(StringComparer.Ordinal), null) { Secrets = all };

    private protected static string Address(string scheme, SecretHost host) => $"{scheme}://api.example:{(scheme is "http" ? host.Plain : host.Tls).Port}/";

    private protected static Task<HttpResponseMessage> GetAsync(HttpClient program, IPEndPoint address, string header, string scheme = "http")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://api.example:{address.Port}/");
        request.Headers.TryAddWithoutValidation("x-all", header);
        return program.SendAsync(request);
    }

    private protected void Assign(params EgressSecret[] all) => Secrets.Assign(Isolate, Spec(all));

    private protected HttpClient Program(string scheme, SecretHost host) => scheme is "http"
        ? HandedConnection.Client(Secrets.Plain, Caller(host.Plain))
        : HandedConnection.Client(Secrets.Tls, Caller(host.Tls), Slots.CertificatePem);

    private protected async Task<string> AskAsync(string scheme, SecretHost host, string header)
    {
        using var program = Program(scheme, host);
        using var answer = await GetAsync(program, scheme is "http" ? host.Plain : host.Tls, header, scheme);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Everything that is logged at any level, exceptions included.</summary>
    sealed class Lines(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
            // lines are the test's
        }
    }
}
