namespace Islet.Contracts;

/// <summary>What a project has used since it was last told. Times are in ticks of <see cref="TimeSpan"/>.</summary>
/// <param name="Cpu">Processor time of its isolates.</param>
/// <param name="Uptime">Life time of its isolates, each counted by itself.</param>
/// <param name="MaxRss">The most that one isolate held at a moment, bytes; not a sum.</param>
/// <param name="Ingress">Bytes that its isolates got: from visitors, heads included, and from the outside.</param>
/// <param name="Egress">Bytes that its isolates answered and sent to the outside.</param>
public readonly record struct UsageSample(
    OrganizationId Organization, ProjectId Project, long Requests, long Cpu, long Uptime, long MaxRss, long Ingress, long Egress)
{
    /// <summary>Of its databases; <see cref="KvStorage"/> is what they hold, not a sum.</summary>
    public long KvReads { get; init; }

    public long KvWrites { get; init; }

    public long KvReadUnits { get; init; }

    public long KvWriteUnits { get; init; }

    public long KvStorage { get; init; }
}

/// <summary>Takes what projects use. Never waits and never throws; what it was told is stored some seconds later.</summary>
public interface IUsageSink
{
    void Add(in UsageSample sample);
}
