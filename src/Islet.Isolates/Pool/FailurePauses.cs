using Islet.Contracts;

namespace Islet.Isolates.Pool;

/// <summary>
/// A program that fails again and again is started again more and more slowly: each start costs its neighbours a processor.
/// Its visitors wait meanwhile. The first failure costs nothing; what lives for a while is forgiven. Belongs to the pool's lock.
/// </summary>
internal sealed class FailurePauses(TimeProvider time)
{
    const int Remembered = 10_000;

    static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>After this long without a failure all is forgotten.</summary>
    static readonly TimeSpan Forgiven = TimeSpan.FromSeconds(30);

    readonly Dictionary<DeploymentId, (int Count, long At)> failures = [];

    public TimeSpan Of(DeploymentId deployment)
    {
        if (!failures.TryGetValue(deployment, out var failed) || failed.Count < 2 || time.GetElapsedTime(failed.At) >= Forgiven)
            return TimeSpan.Zero;
        var pause = First * Math.Pow(2, Math.Min(failed.Count - 2, 10));
        return (pause < Longest ? pause : Longest) - time.GetElapsedTime(failed.At);
    }

    public void Failed(DeploymentId deployment)
    {
        if (failures.Count >= Remembered)
            failures.Clear(); // whoever fails still is here again soon
        var now = time.GetTimestamp();
        failures[deployment] = failures.TryGetValue(deployment, out var before) && time.GetElapsedTime(before.At) < Forgiven
            ? (before.Count + 1, now)
            : (1, now);
    }

    public static bool IsFailure(ShutdownReason reason) =>
        reason is ShutdownReason.Crashed or ShutdownReason.MemoryLimit or ShutdownReason.CpuLimit or ShutdownReason.EventLoopBlocked or ShutdownReason.TimeLimit;
}
