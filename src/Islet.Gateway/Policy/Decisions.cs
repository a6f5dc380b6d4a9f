using System.Net;
using Islet.Contracts;

namespace Islet.Gateway.Policy;

/// <summary>
/// Writes one isolate's decisions to the egress log, so many a second, and of refusals a few: a program that is refused in a
/// loop must not fill it, nor make writing it our work. The others are counted. A limit that was met is told in the deployment's own log as well.
/// </summary>
sealed class Decisions(DeploymentId deployment, IEgressSink sink, TellLimits limits, DeploymentTraffic traffic, TimeProvider time)
{
    const int AtOnce = 200;
    const int LinesPerSecond = 200;
    const int RefusalsPerSecond = 20;

    /// <summary>Characters of a name; the longest one escaped byte for byte would be four times as long.</summary>
    const int MaxName = 512;

    readonly TokenBucket lines = new(time);
    readonly TokenBucket refusals = new(time);

    public void Allowed(IPEndPoint destination, string? host, string rule) => Write(EgressVerdict.Allowed, destination.ToString(), host, rule, 0, 0);

    public void Refused(string destination, string? host, string rule)
    {
        traffic.CountRefused();
        GatewayMetrics.Refused(rule);
        limits.Run(rule);
        if (refusals.TryTake(RefusalsPerSecond, AtOnce))
            Write(EgressVerdict.Refused, destination, host, rule, 0, 0);
        else
            traffic.CountNotWritten();
    }

    public void Closed(IPEndPoint destination, string? host, string rule, long sent, long received)
    {
        limits.Run(rule);
        Write(EgressVerdict.Closed, destination.ToString(), host, rule, sent, received);
    }

    void Write(EgressVerdict verdict, string destination, string? host, string rule, long sent, long received)
    {
        if (!lines.TryTake(LinesPerSecond, AtOnce))
        {
            traffic.CountNotWritten();
            return;
        }

        sink.Write(new(deployment, time.GetUtcNow(), verdict, Cut(destination), host is null ? null : Cut(host), rule, sent, received));
    }

    static string Cut(string name) => name.Length <= MaxName ? name : name[..MaxName];
}
