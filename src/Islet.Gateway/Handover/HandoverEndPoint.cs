using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.Gateway.Handover;

/// <summary>
/// An endpoint of a Kestrel in this process that has no address: connections are handed to it. Each carries its
/// <see cref="SlotCaller"/> as a feature.
/// </summary>
public sealed class HandoverEndPoint(string name) : EndPoint
{
    readonly Channel<(Socket Connection, SlotCaller Caller)> waiting =
        Channel.CreateBounded<(Socket, SlotCaller)>(new BoundedChannelOptions(256) { SingleReader = true });

    internal ChannelReader<(Socket Connection, SlotCaller Caller)> Waiting => waiting.Reader;

    /// <summary>The listener owns the connection from now on. False: it does not listen or cannot keep up; the caller closes it.</summary>
    public bool TryHand(Socket connection, SlotCaller caller) => waiting.Writer.TryWrite((connection, caller));

    /// <summary>Nothing is taken any more.</summary>
    internal void Close() => waiting.Writer.TryComplete();

    public override string ToString() => $"handover:{name}";
}
