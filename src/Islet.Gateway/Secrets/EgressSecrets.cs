using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Islet.Contracts;
using Islet.Gateway.Handover;

namespace Islet.Gateway.Secrets;

/// <summary>
/// The secrets of living isolates, and the two doors behind which they are put into requests. Told by the gateway what
/// <see cref="IGateway"/> is told; values go nowhere but into header values for their hosts.
/// </summary>
sealed class EgressSecrets
{
    readonly ConcurrentDictionary<IsolateId, IReadOnlyList<EgressSecret>> alive = new();

    public HandoverEndPoint Plain { get; } = new("egress");

    public HandoverEndPoint Tls { get; } = new("egress-tls");

    /// <summary>Before the first connection of the isolate is judged.</summary>
    public void Assign(IsolateId isolate, IsolateSpec spec)
    {
        if (spec.Secrets.Count > 0)
            alive[isolate] = spec.Secrets;
    }

    /// <summary>Does nothing for an unknown isolate.</summary>
    public void Close(IsolateId isolate) => alive.TryRemove(isolate, out _);

    /// <summary>What may be put into requests of this connection.</summary>
    public bool TryFind(SlotCaller caller, bool tls, [NotNullWhen(true)] out SecretHeaders? secrets)
    {
        secrets = null;
        if (caller.Host is null || !alive.TryGetValue(caller.Isolate, out var all))
            return false;
        var host = caller.Host.TrimEnd('.');
        EgressSecret[] ofHost = [.. all.Where(secret => (secret.Tls || !tls) && secret.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase))];
        if (ofHost.Length > 0)
            secrets = new SecretHeaders(ofHost);
        return secrets is not null;
    }
}
