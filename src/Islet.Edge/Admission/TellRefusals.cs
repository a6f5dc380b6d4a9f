using System.Collections.Concurrent;
using System.Globalization;
using Islet.Contracts;
using Islet.Edge.Forwarding;
using Islet.Edge.Leasing;

namespace Islet.Edge.Admission;

/// <summary>Refused requests are counted, and told to the deployment's log in one line at most every ten seconds.</summary>
sealed class TellRefusals(ILogSink logs, TimeProvider time)
{
    const long PauseMs = 10_000;

    readonly ConcurrentDictionary<LiveDeployment, bool> listed = new();

    public void Count(LiveDeployment deployment, ForwardingError error)
    {
        deployment.Refusals.Count(error);
        List(deployment);
    }

    public void CountConnection(LiveDeployment deployment)
    {
        deployment.Refusals.CountConnection();
        List(deployment);
    }

    /// <summary>Called by the sweep, by one thread at a time.</summary>
    public void Sweep(long now)
    {
        foreach (var (deployment, _) in listed)
        {
            var refusals = deployment.Refusals;
            if (refusals.Told is { } told && now - told < PauseMs)
                continue;
            if (!refusals.IsEmpty)
            {
                refusals.Told = now;
                logs.Write(new LogLine(deployment.Id, time.GetUtcNow(), LogSeverity.Error, Line(refusals.Take(), deployment.Limits)));
                continue;
            }

            // quiet for a whole pause; who counts from here on lists it again
            listed.TryRemove(deployment, out _);
            refusals.Unlist();
            if (!refusals.IsEmpty && refusals.List())
                listed[deployment] = true;
        }
    }

    void List(LiveDeployment deployment)
    {
        if (deployment.Refusals.List())
            listed[deployment] = true;
    }

    static string Line((int Rate, int Concurrency, int Connections) refused, ProjectLimits limits)
    {
        var lines = new List<string>();
        if (refused.Rate > 0)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"Limit of {limits.RequestsPerSecond} requests per second of the project reached, {refused.Rate} refused"));
        if (refused.Concurrency > 0)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"Limit of {limits.ConcurrentRequests} requests at once reached, {refused.Concurrency} refused"));
        if (refused.Connections > 0)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"Limit of {limits.ConnectionsPerSecond} new connections per second of the project reached, {refused.Connections} held back"));
        return string.Join("; ", lines);
    }
}
