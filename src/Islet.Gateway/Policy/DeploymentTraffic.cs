using System.Collections.Concurrent;
using Islet.Contracts;

namespace Islet.Gateway.Policy;

/// <summary>What one deployment did outside, since its first slot that still lives. Each number by interlocked operations.</summary>
sealed class DeploymentTraffic
{
    long open;
    long allowed;
    long refused;
    long sent;
    long received;
    long notWritten;

    /// <summary>Under the lock of <see cref="Traffic"/>.</summary>
    public int Slots { get; set; }

    public TrafficNumbers Now => new(
        Volatile.Read(ref open), Volatile.Read(ref allowed), Volatile.Read(ref refused),
        Volatile.Read(ref sent), Volatile.Read(ref received), Volatile.Read(ref notWritten));

    public void CountOpened()
    {
        Interlocked.Increment(ref open);
        Interlocked.Increment(ref allowed);
    }

    public void CountHanded() => Interlocked.Increment(ref allowed);

    public void CountClosed() => Interlocked.Decrement(ref open);

    public void CountRefused() => Interlocked.Increment(ref refused);

    public void CountSent(long bytes) => Interlocked.Add(ref sent, bytes);

    public void CountReceived(long bytes) => Interlocked.Add(ref received, bytes);

    public void CountNotWritten() => Interlocked.Increment(ref notWritten);
}

/// <param name="Open">Connections to the outside that are relayed now.</param>
/// <param name="Allowed">Connections that were dialled or handed over.</param>
/// <param name="Refused">Connections and names.</param>
/// <param name="NotWritten">Decisions that came too fast for the log.</param>
readonly record struct TrafficNumbers(long Open, long Allowed, long Refused, long Sent, long Received, long NotWritten);

/// <summary>The traffic of all deployments that have a slot.</summary>
sealed class Traffic
{
    readonly ConcurrentDictionary<DeploymentId, DeploymentTraffic> deployments = new();
    readonly Lock gate = new();

    public TrafficNumbers Of(DeploymentId deployment) => deployments.TryGetValue(deployment, out var traffic) ? traffic.Now : default;

    /// <summary>A slot of it begins; pair it with <see cref="Leave"/>.</summary>
    public DeploymentTraffic Enter(DeploymentId deployment)
    {
        lock (gate)
        {
            var traffic = deployments.GetOrAdd(deployment, static _ => new());
            traffic.Slots++;
            return traffic;
        }
    }

    public void Leave(DeploymentId deployment)
    {
        lock (gate)
        {
            if (deployments.TryGetValue(deployment, out var traffic) && --traffic.Slots == 0)
                deployments.TryRemove(deployment, out _);
        }
    }
}
