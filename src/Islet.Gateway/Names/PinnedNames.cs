using System.Net;

namespace Islet.Gateway.Names;

/// <summary>
/// Which names one slot was told which addresses for. A connection goes to exactly the address it asked for; this only
/// tells under which name the program knows it, and only while the answer was recent. Bounded: the oldest address goes.
/// </summary>
sealed class PinnedNames(TimeProvider time)
{
    const int MaxAddresses = 1024;
    const int MaxNames = 8;

    /// <summary>Programs keep an address longer than its TTL says, for a connection or two.</summary>
    static readonly TimeSpan Shortest = TimeSpan.FromMinutes(5);

    static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    readonly Lock gate = new();

    // both under the gate; the newest name of an address comes first
    readonly Dictionary<IPAddress, List<(string Name, long Until)>> pins = [];
    readonly Queue<IPAddress> oldest = new();

    public void Pin(string name, IPAddress address, TimeSpan ttl)
    {
        var lifetime = ttl < Shortest ? Shortest : ttl > Longest ? Longest : ttl;
        var until = time.GetTimestamp() + (long)(lifetime.TotalSeconds * time.TimestampFrequency);
        lock (gate)
        {
            if (!pins.TryGetValue(address, out var names))
            {
                if (pins.Count >= MaxAddresses)
                    pins.Remove(oldest.Dequeue());
                oldest.Enqueue(address);
                pins[address] = names = [];
            }

            names.RemoveAll(pin => pin.Name == name);
            names.Insert(0, (name, until));
            if (names.Count > MaxNames)
                names.RemoveAt(MaxNames);
        }
    }

    /// <summary>The names this address was given for, the newest first.</summary>
    public IReadOnlyList<string> Of(IPAddress address)
    {
        var now = time.GetTimestamp();
        lock (gate)
            return pins.TryGetValue(address, out var names) ? [.. from pin in names where pin.Until > now select pin.Name] : [];
    }
}
