using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.Gateway.Handover;

/// <summary>
/// An endpoint of a Kestrel in this process that has no address: connections are handed to it. Each carries its
/// <see cref="SlotCaller"/> as a feature. It listens once in its life.
/// </summary>
public sealed class HandoverEndPoint(string name) : EndPoint
{
    readonly Channel<(Socket Connection, SlotCaller Caller)> waiting =
        Channel.CreateBounded<(Socket, SlotCaller)>(256);

    // set once, by the listener
    volatile bool listening;

    internal ChannelReader<(Socket Connection, SlotCaller Caller)> Waiting => waiting.Reader;

    /// <summary>
    /// Told once of each connection that was taken, when it is closed. Set it before the first; it must neither block nor throw.
    /// </summary>
    public Action<SlotCaller> Ended { get; set; } = static _ => { };

    /// <summary>The listener owns the connection from now on. False: it does not listen or cannot keep up; the caller closes it.</summary>
    public bool TryHand(Socket connection, SlotCaller caller) => listening && waiting.Writer.TryWrite((connection, caller));

    /// <summary>Connections are taken from now on.</summary>
    internal void Open() => listening = true;

    /// <summary>Nothing is taken any more, and what nobody took yet is closed.</summary>
    internal void Close()
    {
        waiting.Writer.TryComplete();
        while (waiting.Reader.TryRead(out var handed))
            Drop(handed.Connection, handed.Caller);
    }

    /// <summary>What was taken and cannot be served.</summary>
    internal void Drop(Socket connection, SlotCaller caller)
    {
        connection.Dispose();
        Ended(caller);
    }

    public override string ToString() => $"handover:{name}";
}
