using Islet.Contracts;
using Islet.Edge.Leasing;

namespace Islet.Edge.Watching;

/// <summary>What the watcher knows of one isolate. Only its thread uses it.</summary>
sealed class IsolateWatch(LiveIsolate isolate) : IDisposable
{
    static readonly long Shortest = TimeSpan.FromMilliseconds(2).Ticks;
    static readonly long Longest = TimeSpan.FromMilliseconds(500).Ticks;
    static readonly long ProbeAfter = TimeSpan.FromMilliseconds(100).Ticks;

    readonly CpuUsage? usage = CpuUsage.TryOpen(isolate.Lease.CpuUsageFile);
    readonly CpuAllowance allowance = new();
    readonly LoopProbe probe = new(isolate.Lease.SocketPath);
    long? busySince;

    // it is calm when it used less than a twentieth of a core from here to some later look
    (long Time, long Used)? calmFrom;
    bool calm;

    /// <summary>When it has to be looked at again.</summary>
    public long Due { get; private set; }

    /// <summary>Nothing in flight, nothing unread, and no processor time used to speak of: the next request calls again.</summary>
    public bool MayRest => busySince is null && probe.UnreadSince is null && calm;

    /// <summary>It comes back from a rest; it stays for a while, so that few of its requests have to call.</summary>
    public void Called() => (Due, calm, calmFrom) = (0, false, null);

    public void PutOff(long until) => Due = until;

    /// <summary>Why it must be killed, or null. <paramref name="now"/>: ticks of a clock that never goes back.</summary>
    public ShutdownReason? Look(long now)
    {
        var load = isolate.Load;
        var limits = isolate.Limits;
        busySince = load.InFlight == 0 ? null : busySince ?? now;
        Due = now + Longest;
        if (IsOverCpu(now, load, limits))
            return ShutdownReason.CpuLimit;
        return IsBlocked(now, limits.EventLoopBlocked.Ticks) ? ShutdownReason.EventLoopBlocked : null;
    }

    public void Dispose()
    {
        usage?.Dispose();
        probe.Dispose();
    }

    bool IsOverCpu(long now, in LiveLoad load, ProjectLimits limits)
    {
        var read = usage?.Read();
        Calm(now, read ?? 0);
        if (read is not { } used)
            return false;
        var left = allowance.Left(now, used, load, limits);

        // with all cores it cannot use what is left before this
        LookBy(now, left / Environment.ProcessorCount);
        return left <= 0;
    }

    void Calm(long now, long used)
    {
        if (calmFrom is { } from && now - from.Time < Longest / 2)
            return;
        if (calmFrom is { } before)
            calm = (used - before.Used) * 20 <= now - before.Time;
        calmFrom = (now, used);
    }

    bool IsBlocked(long now, long limit)
    {
        if (probe.UnreadSince is null)
        {
            if (busySince is not { } since)
                return false;
            var next = Math.Max(since + ProbeAfter, probe.NotBefore);
            if (next > now)
            {
                LookBy(now, next - now);
                return false;
            }
        }

        probe.Look(now);
        if (probe.UnreadSince is not { } unread)
            return false;
        LookBy(now, Math.Min(unread + limit - now, ProbeAfter));
        return now - unread >= limit;
    }

    void LookBy(long now, long span) => Due = Math.Min(Due, now + Math.Max(span, Shortest));
}
