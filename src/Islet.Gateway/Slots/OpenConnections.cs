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
    public const int MostToServices = 200;

    readonly Lock gate = new();
    readonly HashSet<Relay> relays = [];
    readonly List<Socket> toServices = [];
    readonly List<Socket> toOutside = []; // handed, and passed on in the name of the slot
    bool over;

    public Admission TryAdd(Relay relay, int limit)
    {
        lock (gate)
        {
            if (over)
                return Admission.Over;
            if (!HasRoomOutside(limit))
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

    /// <summary>Room for one more that is handed to a server which goes on to the outside: counted with those that are relayed.</summary>
    public Admission TryAddToOutside(Socket socket, int limit)
    {
        lock (gate)
        {
            if (over)
                return Admission.Over;
            if (!HasRoomOutside(limit))
                return Admission.Full;
            toOutside.Add(socket);
            return Admission.Admitted;
        }
    }

    /// <summary>Room for one more that is handed to a service or to the platform: no limit of the tenant, else its logs would fall to it.</summary>
    public Admission TryAddToService(Socket socket)
    {
        lock (gate)
        {
            if (over)
                return Admission.Over;
            if (toServices.Count >= MostToServices)
                toServices.RemoveAll(IsClosed);
            if (toServices.Count >= MostToServices)
                return Admission.Full;
            toServices.Add(socket);
            return Admission.Admitted;
        }
    }

    public void RemoveHanded(Socket socket)
    {
        lock (gate)
            _ = toOutside.Remove(socket) || toServices.Remove(socket);
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
            given = toOutsideOnly ? [.. toOutside] : [.. toOutside, .. toServices];
            toOutside.Clear();
            if (!toOutsideOnly)
                toServices.Clear();
        }

        foreach (var relay in running)
            relay.Cut(rule);
        foreach (var socket in given)
            Sockets.Reset(socket);
    }
    /// <summary>Under the lock.</summary>
    bool HasRoomOutside(int limit)
    {
        if (relays.Count + toOutside.Count >= limit)
            toOutside.RemoveAll(IsClosed);
        return relays.Count + toOutside.Count < limit;
    }

    static bool IsClosed(Socket socket) => socket.SafeHandle.IsClosed;
}
