using System.Globalization;
using Islet.Contracts;

namespace Islet.Isolates.Pool;

/// <summary>Says in a deployment's log that it was not started for its organization's limit: at most once in ten seconds.</summary>
internal sealed class TellIsolateLimit(ILogSink logs, TimeProvider time)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    readonly Lock guard = new();
    readonly Dictionary<DeploymentId, DateTimeOffset> told = [];
    DateTimeOffset forgot;

    public void Run(IsolateSpec spec)
    {
        var now = time.GetUtcNow();
        lock (guard)
        {
            if (told.TryGetValue(spec.Deployment, out var last) && now - last is var since && since >= TimeSpan.Zero && since < Pause)
                return;
            if (now - forgot >= Pause)
                Forget(now);
            told[spec.Deployment] = now;
        }
        logs.Write(new LogLine(
            spec.Deployment, now, LogSeverity.Error,
            string.Create(CultureInfo.InvariantCulture, $"Isolate limit of the organization reached ({spec.Limits.LiveIsolates})")));
    }

    void Forget(DateTimeOffset now)
    {
        forgot = now;
        foreach (var (deployment, last) in told)
            if (now - last >= Pause)
                told.Remove(deployment);
    }
}
