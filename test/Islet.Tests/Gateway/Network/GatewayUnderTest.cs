using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using Islet.Contracts;
using Islet.Gateway;
using Islet.Gateway.Handover;
using Islet.Gateway.Policy;
using Islet.Tests.ControlPlane;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Gateway.Network;

/// <summary>The room Gateway alone; its outside is the machine of a <see cref="TestNetwork"/>.</summary>
internal sealed class GatewayUnderTest : IDisposable
{
    /// <summary>Long enough for a pause between two steps of a test, short enough to wait for.</summary>
    public static readonly TimeSpan RelayIdle = TimeSpan.FromSeconds(3);

    static long lastIsolate;

    readonly ServiceProvider provider;
    readonly List<SlotUnderTest> slots = [];

    public GatewayUnderTest(TestNetwork network, Action<GatewayOptions>? configure = null, bool secrets = false, bool six = true, TimeProvider? time = null, params string[] routed)
    {
        var machine = network.Machine;
        network.Dns.Asked.Clear();
        var services = new ServiceCollection();
        services.AddLogging(log => log.AddProvider(Log));
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<IEgressSink>(Egress);
        services.AddSingleton<ILogSink>(Lines);
        services.AddSingleton<IUsageSink>(Egress);
        services.AddSingleton<IRouteSource>(new Routes(routed));
        services.AddSingleton(new SlotService("otel.islet.internal", 4318, Otel));
        services.AddSingleton(new PlatformDoor(Plain, Tls));
        if (secrets)
            services.AddSingleton(new SecretsDoor(SecretsPlain, SecretsTls) { Assigned = (isolate, _) => WithSecrets.Add(isolate), Closed = isolate => WithSecrets.Remove(isolate) });
        services.AddSingleton(new Surroundings
        {
            OpenSocket = (family, type, protocol) => machine.Open(family, type, protocol),
            OwnAddresses = () => [TestNetwork.Own, TestNetwork.OwnPrivate],
            ReachesIpv6 = () => six,
            QuestionTimeout = TimeSpan.FromMilliseconds(1500),
            RelayIdle = RelayIdle,
        });
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddGateway();
        services.Configure<GatewayOptions>(options =>
        {
            options.Domain = "islet.example";
            options.DnsServers.Add(TestNetwork.DnsServer.ToString());
            configure?.Invoke(options);
        });
        provider = services.BuildServiceProvider();
        Gateway = provider.GetRequiredService<SlotGateway>();
    }

    public SlotGateway Gateway { get; }

    public RecordedEgress Egress { get; } = new();

    /// <summary>What deployments read in their logs.</summary>
    public RecordedLines Lines { get; } = new();

    public KeptLog Log { get; } = new();

    public HandoverEndPoint Otel { get; } = Listening("otel");

    public HandoverEndPoint Plain { get; } = Listening("plain");

    public HandoverEndPoint Tls { get; } = Listening("tls");

    public HandoverEndPoint SecretsPlain { get; } = Listening("secrets-plain");

    public HandoverEndPoint SecretsTls { get; } = Listening("secrets-tls");

    /// <summary>Connections stay where the test takes them.</summary>
    static HandoverEndPoint Listening(string name)
    {
        var endPoint = new HandoverEndPoint(name);
        endPoint.Open();
        return endPoint;
    }

    /// <summary>Isolates that the secrets' door was told of.</summary>
    public HashSet<IsolateId> WithSecrets { get; } = [];

    public TrafficNumbers Numbers(IsolateSpec spec) => provider.GetRequiredService<Traffic>().Of(spec.Deployment);

    public static IsolateSpec Spec(IReadOnlyList<string>? net = null, ProjectLimits? limits = null, ProjectId? project = null, params EgressSecret[] secrets) =>
        new(
            new DeploymentId($"test{Interlocked.Increment(ref lastIsolate):D8}"), project ?? new ProjectId(Guid.NewGuid()), new OrganizationId(Guid.NewGuid()),
            new Artifact(ArtifactKind.Graph, "/none", "file:///src/main.ts", [], new Dictionary<string, string>(StringComparer.Ordinal)),
            new Dictionary<string, string>(StringComparer.Ordinal), net) { Limits = limits ?? ProjectLimits.Default, Secrets = secrets };

    /// <summary>A slot that has booted, and belongs to <paramref name="spec"/> unless it is null.</summary>
    public SlotUnderTest Slot(IsolateSpec? spec)
    {
        var slot = new SlotUnderTest(new IsolateId(Interlocked.Increment(ref lastIsolate)));
        slots.Add(slot);
        Gateway.Open(slot.Id, slot.Listeners);
        if (spec is not null)
            Gateway.Assign(slot.Id, spec);
        return slot;
    }

    public void Dispose()
    {
        provider.Dispose();
        foreach (var slot in slots)
            slot.Dispose();
        Log.Lines.ShouldBeEmpty();
    }

    sealed class Routes(string[] hosts) : IRouteSource
    {
        public RouteSnapshot Current { get; } = new(1, hosts.ToFrozenDictionary(
            host => host, host => new Route(host, default, default, default, null), StringComparer.OrdinalIgnoreCase));

        public ValueTask<IsolateSpec?> FindSpecAsync(DeploymentId deployment, CancellationToken cancellation) => new((IsolateSpec?)null);
    }
}

internal sealed class RecordedEgress : IEgressSink, IUsageSink
{
    /// <summary>Sums of what was told about use.</summary>
    public ConcurrentDictionary<ProjectId, (long Ingress, long Egress)> Used { get; } = new();

    public void Add(in UsageSample sample)
    {
        var (ingress, egress) = (sample.Ingress, sample.Egress);
        Used.AddOrUpdate(sample.Project, _ => (ingress, egress), (_, sum) => (sum.Ingress + ingress, sum.Egress + egress));
    }

    readonly ConcurrentQueue<EgressRecord> records = new();

    public void Write(in EgressRecord record) => records.Enqueue(record);

    /// <summary><c>Verdict destination host rule</c>, in their order.</summary>
    public IReadOnlyList<string> Lines => [.. from record in records select $"{record.Verdict} {record.Destination} {record.Host ?? "-"} {record.Rule}"];

    public IReadOnlyList<EgressRecord> Records => [.. records];
}

internal sealed class RecordedLines : ILogSink
{
    readonly ConcurrentQueue<LogLine> lines = new();

    public void Write(in LogLine line) => lines.Enqueue(line);

    public IReadOnlyList<string> Of(IsolateSpec spec) => [.. from line in lines where line.Deployment == spec.Deployment select $"{line.Severity} {line.Message}"];
}
