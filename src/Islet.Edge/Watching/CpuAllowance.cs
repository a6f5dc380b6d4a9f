using Islet.Contracts;

namespace Islet.Edge.Watching;

/// <summary>
/// How much processor time an isolate has left. Nothing counts before its first request. All times are ticks of
/// <see cref="TimeSpan"/>.
/// <para>
/// Average: over the last <see cref="ProjectLimits.CpuWindow"/> (less when it is younger), what it used may not exceed
/// <see cref="ProjectLimits.CpuPerRequest"/> for each request that ended in that time or is in flight, at least for one,
/// by more than a further one, or by half a second if that is more. What it uses between requests counts as well.
/// </para>
/// <para>
/// Hard: since a request ended, it may use <see cref="ProjectLimits.CpuPerRequestHard"/> for each in flight. WebSockets and
/// streams may stay for days: after each window in which it kept to the average, and to half a core, this begins anew.
/// </para>
/// </summary>
sealed class CpuAllowance
{
    static readonly long Window = ProjectLimits.CpuWindow.Ticks;
    static readonly long Interval = Window / 20;
    static readonly long LeastExcess = TimeSpan.FromMilliseconds(500).Ticks;

    readonly record struct Sample(long Time, long Used, uint Ended);

    // one per interval, oldest first, in a ring
    readonly Sample[] samples = new Sample[22];
    int first;
    int count;

    Sample? hardBegin;
    Sample hardWindow;

    /// <summary>What it may use until it has to be looked at as over its limit; 0 or less: it is.</summary>
    public long Left(long now, long used, in LiveLoad load, ProjectLimits limits)
    {
        var sample = new Sample(now, used, load.Ended);
        return Math.Min(LeftOfAverage(sample, load, limits), LeftOfHard(sample, load, limits));
    }

    long LeftOfAverage(in Sample now, in LiveLoad load, ProjectLimits limits)
    {
        while (count > 0 && now.Time - samples[first].Time > Window)
            (first, count) = ((first + 1) % samples.Length, count - 1);
        if (count == 0 || now.Time - samples[(first + count - 1) % samples.Length].Time >= Interval)
            samples[(first + count++) % samples.Length] = now;

        var begin = samples[first];
        var requests = Math.Max(1, (now.Ended - begin.Ended) + load.InFlight);
        var excess = Math.Max(limits.CpuPerRequest.Ticks, LeastExcess);
        return limits.CpuPerRequest.Ticks * requests + excess - (now.Used - begin.Used);
    }

    long LeftOfHard(in Sample now, in LiveLoad load, ProjectLimits limits)
    {
        var requests = Math.Max(1, load.InFlight);
        if (hardBegin is not { } begin || now.Ended != begin.Ended)
            begin = hardWindow = now;
        if (now.Time - hardWindow.Time >= Window)
        {
            if (now.Used - hardWindow.Used <= Math.Min(limits.CpuPerRequest.Ticks * requests, Window / 2))
                begin = now;
            hardWindow = now;
        }

        hardBegin = begin;
        return limits.CpuPerRequestHard.Ticks * requests - (now.Used - begin.Used);
    }
}
