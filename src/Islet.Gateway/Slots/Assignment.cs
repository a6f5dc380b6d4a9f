using System.Collections.Frozen;
using Islet.Contracts;
using Islet.Gateway.Names;
using Islet.Gateway.Policy;

namespace Islet.Gateway.Slots;

/// <summary>Whose a slot is from its assignment on, and what that deployment may do.</summary>
sealed class Assignment(IsolateId isolate, IsolateSpec spec, DeploymentTraffic traffic, ByteBudget budget, IEgressSink sink, ILogSink logs, TimeProvider time)
{
    // since they were last told
    long sent;
    long received;

    public IsolateId Isolate => isolate;

    public IsolateSpec Spec => spec;

    public NetRules Net { get; } = NetRules.Of(spec.Net);

    /// <summary>Hosts that have a secret, and whether TLS to them may be ended.</summary>
    public FrozenDictionary<string, bool> SecretHosts { get; } = (
        from secret in spec.Secrets
        from host in secret.Hosts
        group secret.Tls by host.ToLowerInvariant())
        .ToFrozenDictionary(host => host.Key, host => host.Any(tls => tls), StringComparer.Ordinal);

    public PinnedNames Names { get; } = new(time);

    public Decisions Decisions { get; } = new(spec.Deployment, sink, new TellLimits(spec, logs, time), traffic, time);

    public DeploymentTraffic Traffic => traffic;

    public void CountSent(long bytes)
    {
        traffic.CountSent(bytes);
        Interlocked.Add(ref sent, bytes);
    }

    public void CountReceived(long bytes)
    {
        traffic.CountReceived(bytes);
        Interlocked.Add(ref received, bytes);
    }

    /// <summary>Bytes since the last time; nothing twice, whoever asks.</summary>
    public UsageSample TakeUsage() => new(
        spec.Organization, spec.Project, Requests: 0, Cpu: 0, Uptime: 0, MaxRss: 0,
        Ingress: Interlocked.Exchange(ref received, 0), Egress: Interlocked.Exchange(ref sent, 0));

    public bool MayStillSend => !budget.IsSpent(spec.Limits.EgressBytesPerHour);

    /// <summary>False: the project has spent what it may send in an hour.</summary>
    public bool TrySend(long bytes) => budget.TrySpend(bytes, spec.Limits.EgressBytesPerHour);
}
