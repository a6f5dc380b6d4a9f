using Islet.Contracts;
using Islet.Edge.Forwarding;
using Islet.Edge.Watching;

namespace Islet.Edge.Counting;

/// <summary>
/// What one isolate has used since it was last asked. Requests never touch it: it reads what links and the kernel count
/// anyway, some times a minute.
/// </summary>
sealed class IsolateMeter(IsolateLease lease, LinkPool links, OrganizationId organization, ProjectId project, TimeProvider time)
{
    readonly Lock gate = new();
    readonly CpuUsage? cpu = CpuUsage.TryOpen(lease.CpuUsageFile);
    readonly MemoryUsage? memory = MemoryUsage.TryOpen(lease.MemoryStatFile);
    long since = time.GetTimestamp();
    long cpuTold;
    LinkTraffic trafficTold;
    bool ended;

    /// <summary>Any thread. The last one, before the isolate goes, closes the kernel's files.</summary>
    public UsageSample Take(bool last)
    {
        lock (gate)
        {
            if (ended)
                return new(organization, project, 0, 0, 0, 0, 0, 0);
            ended = last;
            var now = time.GetTimestamp();
            var (used, traffic) = (Math.Max(cpu?.Read() ?? 0, cpuTold), links.Traffic);
            var sample = new UsageSample(
                organization, project,
                Requests: 0,
                Cpu: used - cpuTold,
                Uptime: time.GetElapsedTime(since, now).Ticks,
                MaxRss: memory?.Read() ?? 0,
                Ingress: traffic.Sent - trafficTold.Sent,
                Egress: traffic.Received - trafficTold.Received);
            (since, cpuTold, trafficTold) = (now, used, traffic);
            if (last)
            {
                cpu?.Dispose();
                memory?.Dispose();
            }

            return sample;
        }
    }
}
