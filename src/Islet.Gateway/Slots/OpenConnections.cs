using System.Net.Sockets;
using Islet.Gateway.Policy;
using Islet.Gateway.Relaying;

namespace Islet.Gateway.Slots;

enum Admission
{
    Admitted,
    Full,

    /// <summary>The slot has ended.</summary>
    Over,
}

/// <summary>
/// The connections of one slot: those that are relayed, and those that were handed to a server of this process, which
/// closes them itself. All under one lock, taken when a connection comes or goes.
/// </summary>
sealed class OpenConnections
{
    readonly Lock gate = new();
    readonly HashSet<Relay> relays = [];
    readonly List<Socket> handed = [];
    bool over;

    public Admission TryAdd(Relay relay, int limit)
    {
        lock (gate)
        {
            if (over)
                return Admission.Over;
            if (relays.Count >= limit)
                return Admission.Full;
            relays.Add(relay);
            return Admission.Admitted;
        }
    }

    public void Remove(Relay relay)
    {
        lock (gate)
            relays.Remove(relay);
    }

    /// <summary>Room for one more that is handed over; the same number as may be relayed, counted apart.</summary>
    public Admission TryAddHanded(Socket socket, int limit)
    {
        lock (gate)
        {
            if (over)
                return Admission.Over;
            if (handed.Count >= limit)
                handed.RemoveAll(given => given.SafeHandle.IsClosed);
            if (handed.Count >= limit)
                return Admission.Full;
            handed.Add(socket);
            return Admission.Admitted;
        }
    }

    public void RemoveHanded(Socket socket)
    {
        lock (gate)
            handed.Remove(socket);
    }

    public IReadOnlyList<Relay> Relays
    {
        get
        {
            lock (gate)
                return [.. relays];
        }
    }

    /// <summary>Nothing is admitted any more; what is open is cut. Twice does nothing.</summary>
    public void Close()
    {
        Relay[] running;
        Socket[] given;
        lock (gate)
        {
            over = true;
            (running, given) = ([.. relays], [.. handed]);
            handed.Clear();
        }

        foreach (var relay in running)
            relay.Cut(EgressRules.SlotEnded);
        foreach (var socket in given)
            Sockets.Reset(socket);
    }
}
