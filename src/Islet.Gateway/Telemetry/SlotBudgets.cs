using System.Collections.Concurrent;
using Islet.Contracts;

namespace Islet.Gateway.Telemetry;

/// <summary>
/// What reading and parsing for one slot may cost the node, which no cgroup counts: one request at a time, as the
/// exporter sends them, and so many bytes a second.
/// </summary>
internal sealed class SlotBudgets(TimeProvider time)
{
    const double BytesPerSecond = 4 << 20;

    /// <summary>How far ahead of its rate a slot may be when a request begins.</summary>
    static readonly TimeSpan Ahead = TimeSpan.FromSeconds(1);

    const int ManySlots = 512;

    readonly ConcurrentDictionary<IsolateId, Turn> slots = new();

    /// <summary>Null: not now. Dispose it when the request is over.</summary>
    public Turn? TryBegin(IsolateId isolate)
    {
        if (slots.Count > ManySlots)
            ForgetIdle();
        var turn = slots.GetOrAdd(isolate, static (_, owner) => new Turn(owner), this);
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
                return taken = true;
            }
        }

        public void Add(int bytes)
        {
            lock (guard)
                paidUntil = Math.Max(paidUntil, owner.Now) + owner.Ticks(bytes / BytesPerSecond);
        }

        public void Dispose()
        {
            lock (guard)
                taken = false;
        }
    }

    long Now => time.GetTimestamp();

    long Ticks(double seconds) => (long)(seconds * time.TimestampFrequency);
}
