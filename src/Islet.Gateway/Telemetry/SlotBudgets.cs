using System.Collections.Concurrent;
using Islet.Contracts;

namespace Islet.Gateway.Telemetry;

/// <summary>
/// What reading and parsing for one slot may cost the node, which no cgroup counts: of logs and of the rest one request at a
/// time, as the exporter sends them, and so many bytes a second, where a request and a record count as some.
/// </summary>
internal sealed class SlotBudgets(TimeProvider time)
{
    const double BytesPerSecond = 4 << 20;

    /// <summary>What a request costs without its body.</summary>
    const int BytesOfRequest = 8 << 10;

    /// <summary>What it costs to look for the lines of a record.</summary>
    const int BytesOfRecord = 512;

    /// <summary>How far ahead of its rate a slot may be when a request begins.</summary>
    static readonly TimeSpan Ahead = TimeSpan.FromSeconds(1);

    const int ManySlots = 512;

    readonly ConcurrentDictionary<(IsolateId, bool), Turn> slots = new();

    /// <summary>Null: not now. Dispose it when the request is over.</summary>
    public Turn? TryBegin(IsolateId isolate, bool isLogs)
    {
        if (slots.Count > ManySlots)
            ForgetIdle();
        var turn = slots.GetOrAdd((isolate, isLogs), static (_, owner) => new Turn(owner), this);
        return turn.TryBegin() ? turn : null;
    }

    // One that begins on a forgotten turn has a full budget: as one that was idle has.
    void ForgetIdle()
    {
        foreach (var slot in slots)
            if (slot.Value.Idle)
                slots.TryRemove(slot);
    }

    public sealed class Turn(SlotBudgets owner) : IDisposable
    {
        readonly Lock guard = new();
        bool taken;
        long paidUntil; // timestamp up to which the rate covers what was read

        public bool Idle
        {
            get
            {
                lock (guard)
                    return !taken && paidUntil <= owner.Now;
            }
        }

        public bool TryBegin()
        {
            lock (guard)
            {
                if (taken || paidUntil > owner.Now + owner.Ticks(Ahead.TotalSeconds))
                    return false;
                Pay(BytesOfRequest);
                return taken = true;
            }
        }

        /// <summary>What was read, and found in it.</summary>
        public void Add(long bytes, int records = 0)
        {
            lock (guard)
                Pay(bytes + ((long)BytesOfRecord * records));
        }

        public void Dispose()
        {
            lock (guard)
                taken = false;
        }

        void Pay(long bytes) => paidUntil = Math.Max(paidUntil, owner.Now) + owner.Ticks(bytes / BytesPerSecond);
    }

    long Now => time.GetTimestamp();

    long Ticks(double seconds) => (long)(seconds * time.TimestampFrequency);
}
