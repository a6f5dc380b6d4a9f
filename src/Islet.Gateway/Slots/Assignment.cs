using System.Collections.Frozen;
using Islet.Contracts;
using Islet.Gateway.Names;
using Islet.Gateway.Policy;

namespace Islet.Gateway.Slots;

/// <summary>Whose a slot is from its assignment on, and what that deployment may do.</summary>
sealed class Assignment(IsolateId isolate, IsolateSpec spec, DeploymentTraffic traffic, ByteBudget budget, IEgressSink sink, ILogSink logs, TimeProvider time)
{
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

    public bool MayStillSend => !budget.IsSpent(spec.Limits.EgressBytesPerHour);

    /// <summary>False: the project has spent what it may send in an hour.</summary>
    public bool TrySend(long bytes) => budget.TrySpend(bytes, spec.Limits.EgressBytesPerHour);
}
