using System.Diagnostics.Metrics;

namespace Islet.Gateway;

/// <summary>Meter <c>Islet.Gateway</c>. Tags are closed sets; nothing names a tenant.</summary>
static class GatewayMetrics
{
    static readonly Meter Meter = new("Islet.Gateway");

    /// <summary>Connections that were dialled or handed over, by <c>islet.egress.rule</c>.</summary>
    static readonly Counter<long> Connections = Meter.CreateCounter<long>("islet.gateway.connections", "{connection}");

    /// <summary>Connections and names that were refused, by <c>islet.egress.rule</c>.</summary>
    static readonly Counter<long> Refusals = Meter.CreateCounter<long>("islet.gateway.refusals", "{refusal}");

    static readonly UpDownCounter<long> Active = Meter.CreateUpDownCounter<long>("islet.gateway.active_connections", "{connection}");

    static readonly Counter<long> Sent = Meter.CreateCounter<long>("islet.gateway.sent", "By");

    static readonly Counter<long> Received = Meter.CreateCounter<long>("islet.gateway.received", "By");

    public static void Allowed(string rule) => Connections.Add(1, new KeyValuePair<string, object?>("islet.egress.rule", rule));

    public static void Refused(string rule) => Refusals.Add(1, new KeyValuePair<string, object?>("islet.egress.rule", rule));

    public static void Began() => Active.Add(1);

    public static void Ended(long sent, long received)
    {
        Active.Add(-1);
        Sent.Add(sent);
        Received.Add(received);
    }
}
