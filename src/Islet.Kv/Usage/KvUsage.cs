using System.Collections.Frozen;
using Islet.Contracts;
using Islet.Kv.Connect;
using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Kv.Usage;

/// <summary>
/// Counts what is read and written, in operations and in units: 4 KiB of what was read, 1 KiB of what was written. What comes
/// from outside is nobody's project; it is counted under the id of the database.
/// </summary>
public sealed class KvUsage(IUsageSink sink)
{
    const int ReadUnit = 4096;
    const int WriteUnit = 1024;

    volatile FrozenSet<OrganizationId> full = [];

    /// <summary>Organizations that have used all the storage they may; told from time to time.</summary>
    public FrozenSet<OrganizationId> Full
    {
        get => full;
        set => full = value;
    }

    internal void Read(KvGrant grant, ReadAnswer answer) => Read(grant, answer.Ranges, answer.Length);

    internal void Written(KvGrant grant, AtomicWrite write, in CommitResult result)
    {
        if (result.FailedChecks is not null)
            return;
        var units = 0L;
        foreach (var mutation in write.Mutations)
            units += Units(mutation.Key.Length + mutation.Value.Length, WriteUnit);
        foreach (var enqueue in write.Enqueues)
            units += Units(enqueue.Payload.Length, WriteUnit);
        sink.Add(Of(grant) with { KvWrites = write.Mutations.Length + write.Enqueues.Length, KvWriteUnits = units });
    }

    /// <exception cref="KvException">The write needs room that there is none of.</exception>
    internal void CheckStorage(KvGrant grant, AtomicWrite write)
    {
        if (Full.Count == 0 || !Full.Contains(grant.Organization))
            return;
        if (Adds(write))
            throw new KvException("The organization has used all the KV storage that it may: delete entries, or raise its limit kvBytes.");
    }

    internal void Read(KvGrant grant, int ranges, long bytes) =>
        sink.Add(Of(grant) with { KvReads = ranges, KvReadUnits = Math.Max(ranges, Units(bytes, ReadUnit)) });

    static bool Adds(AtomicWrite write)
    {
        foreach (var mutation in write.Mutations)
            if (mutation.Kind != MutationKind.Delete)
                return true;
        return write.Enqueues.Length > 0;
    }

    static UsageSample Of(KvGrant grant) => new(grant.Organization, grant.Project ?? new(grant.Database), 0, 0, 0, 0, 0, 0);

    static long Units(long bytes, int unit) => Math.Max(1, (bytes + unit - 1) / unit);
}
