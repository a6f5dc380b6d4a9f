using System.Diagnostics.Metrics;
using Islet.Edge.Forwarding;

namespace Islet.Edge;

/// <summary>Meter <c>Islet.Edge</c>. Tags are closed sets; nothing names a tenant.</summary>
static class EdgeMetrics
{
    static readonly Meter Meter = new("Islet.Edge");

    /// <summary>Requests that ended, by <c>error.type</c>: absent when the program's answer was passed on whole.</summary>
    static readonly Counter<long> Requests = Meter.CreateCounter<long>("islet.edge.requests", "{request}");

    static readonly UpDownCounter<long> Active = Meter.CreateUpDownCounter<long>("islet.edge.active_requests", "{request}");

    static readonly object?[] ErrorTags = [.. Enum.GetValues<ForwardingError>().Select(object? (e) => e == ForwardingError.None ? null : e.ToString())];

    public static void Began() => Active.Add(1);

    public static void Ended(ForwardingError error)
    {
        Active.Add(-1);
        if (!Requests.Enabled)
            return;
        if (ErrorTags[(int)error] is { } tag)
            Requests.Add(1, new KeyValuePair<string, object?>("error.type", tag));
        else
            Requests.Add(1);
    }
}
