using System.Globalization;
using Islet.Contracts;

namespace Islet.Gateway.Policy;

/// <summary>Says in a deployment's log that an isolate met a limit on its way out: of each at most once in ten seconds.</summary>
sealed class TellLimits(IsolateSpec spec, ILogSink logs, TimeProvider time)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    // when each may be told again, on a clock that never goes back
    long connections;
    long bytes;

    /// <param name="rule">Of a decision that was no, or of an end; others than limits are not told.</param>
    public void Run(string rule)
    {
        if (rule == EgressRules.Connections && IsTime(ref connections))
            Tell(string.Create(CultureInfo.InvariantCulture, $"Limit of {spec.Limits.EgressConnections} connections to the outside at once reached, one more refused"));
        else if (rule == EgressRules.EgressBytes && IsTime(ref bytes))
            Tell(string.Create(CultureInfo.InvariantCulture, $"Limit of {spec.Limits.EgressBytesPerHour} bytes per hour of the project to the outside reached, its connections are cut"));
    }

    bool IsTime(ref long next)
    {
        var now = time.GetElapsedTime(0);
        var present = Volatile.Read(ref next);
        return now.Ticks >= present && Interlocked.CompareExchange(ref next, (now + Pause).Ticks, present) == present;
    }

    void Tell(string line) => logs.Write(new LogLine(spec.Deployment, time.GetUtcNow(), LogSeverity.Error, line));
}
