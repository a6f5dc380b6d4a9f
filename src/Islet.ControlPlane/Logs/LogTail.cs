using System.Collections.Immutable;
using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// Live readers of the lines of this node, by deployment. A line reaches them when it is written, before it is stored;
/// a reader that does not keep up loses lines and is told how many, and never slows the writer.
/// </summary>
public sealed class LogTail(LogsOptions options, TimeProvider clock)
{
    readonly Lock changing = new();

    // Snapshot, swapped under the lock by Subscribe and Leave (rare), read without by every line.
    ImmutableDictionary<DeploymentId, ImmutableArray<LogSubscription>> readers =
        ImmutableDictionary<DeploymentId, ImmutableArray<LogSubscription>>.Empty;

    /// <summary>Lines from now on. Null when the deployment has as many readers as it may. Dispose it to leave.</summary>
    public LogSubscription? Subscribe(DeploymentId deployment, LogFilter filter)
    {
        lock (changing)
        {
            var present = readers.GetValueOrDefault(deployment, []);
            if (present.Length >= options.TailsPerDeployment)
                return null;
            var subscription = new LogSubscription(this, deployment, filter, options, clock);
            Volatile.Write(ref readers, readers.SetItem(deployment, present.Add(subscription)));
            return subscription;
        }
    }

    internal void Publish(in LogLine line)
    {
        if (!Volatile.Read(ref readers).TryGetValue(line.Deployment, out var interested))
            return;
        foreach (var reader in interested)
            reader.Publish(line);
    }

    internal void Leave(LogSubscription subscription)
    {
        lock (changing)
        {
            if (!readers.TryGetValue(subscription.Deployment, out var present))
                return;
            var rest = present.Remove(subscription);
            Volatile.Write(ref readers, rest.IsEmpty
                ? readers.Remove(subscription.Deployment)
                : readers.SetItem(subscription.Deployment, rest));
        }
    }
}
