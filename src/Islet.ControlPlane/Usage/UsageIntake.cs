using Islet.Contracts;

namespace Islet.ControlPlane.Usage;

/// <summary>Sums of what came since the last batch, per project and quarter.</summary>
sealed class UsageIntake(TimeProvider time) : IUsageSink
{
    readonly Lock gate = new();

    // swapped as a whole under the gate
    Dictionary<(ProjectId Project, DateTimeOffset Quarter), UsageSample> sums = [];

    /// <inheritdoc/>
    public void Add(in UsageSample sample)
    {
        var key = (sample.Project, UsageQuarters.Of(time.GetUtcNow()));
        lock (gate)
            sums[key] = sums.TryGetValue(key, out var sum) ? Plus(sum, sample) : sample;
    }

    public Dictionary<(ProjectId Project, DateTimeOffset Quarter), UsageSample> Take()
    {
        lock (gate)
        {
            var taken = sums;
            sums = [];
            return taken;
        }
    }

    /// <summary>What could not be stored waits for the next batch.</summary>
    public void PutBack(Dictionary<(ProjectId Project, DateTimeOffset Quarter), UsageSample> taken)
    {
        lock (gate)
            foreach (var (key, sample) in taken)
                sums[key] = sums.TryGetValue(key, out var sum) ? Plus(sum, sample) : sample;
    }

    static UsageSample Plus(in UsageSample a, in UsageSample b) => a with
    {
        Requests = a.Requests + b.Requests,
        Cpu = a.Cpu + b.Cpu,
        Uptime = a.Uptime + b.Uptime,
        MaxRss = Math.Max(a.MaxRss, b.MaxRss),
        Ingress = a.Ingress + b.Ingress,
        Egress = a.Egress + b.Egress,
        KvReads = a.KvReads + b.KvReads,
        KvWrites = a.KvWrites + b.KvWrites,
        KvReadUnits = a.KvReadUnits + b.KvReadUnits,
        KvWriteUnits = a.KvWriteUnits + b.KvWriteUnits,
        KvStorage = Math.Max(a.KvStorage, b.KvStorage),
    };
}
