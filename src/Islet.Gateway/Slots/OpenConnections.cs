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
    readonly List<(Socket Socket, bool ToOutside)> handed = [];
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
    /// <param name="toOutside">Who gets it goes on to the outside, in the name of the slot.</param>
    public Admission TryAddHanded(Socket socket, bool toOutside, int limit)
    {
        lock (gate)
        {
            if (over)
                return Admission.Over;
            if (handed.Count >= limit)
                handed.RemoveAll(given => given.Socket.SafeHandle.IsClosed);
            if (handed.Count >= limit)
                return Admission.Full;
            handed.Add((socket, toOutside));
            return Admission.Admitted;
        }
    }

    public void RemoveHanded(Socket socket)
    {
        lock (gate)
            handed.RemoveAll(given => given.Socket == socket);
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
        lock (gate)
            over = true;
        Cut(EgressRules.SlotEnded, toOutsideOnly: false);
    }

    /// <summary>Ends what leads to the outside; services and the platform stay.</summary>
    public void CutOutside(string rule) => Cut(rule, toOutsideOnly: true);

    void Cut(string rule, bool toOutsideOnly)
    {
        Relay[] running;
        Socket[] given;
        lock (gate)
        {
            running = [.. relays];
            given = [.. from one in handed where one.ToOutside || !toOutsideOnly select one.Socket];
            handed.RemoveAll(one => one.ToOutside || !toOutsideOnly);
        }

        foreach (var relay in running)
            relay.Cut(rule);
        foreach (var socket in given)
            Sockets.Reset(socket);
    }
}
