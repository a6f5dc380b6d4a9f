using System.Net.Sockets;
using Islet.Contracts;

namespace Islet.Gateway.Secrets;

/// <summary>How connections for secrets leave this machine.</summary>
sealed class EgressMeter
{
    /// <summary>
    /// Told of each piece that crosses the outer connection of a caller, TLS included: bytes to the outside, bytes from it.
    /// Called on the path of the bytes, by several threads: it must neither block nor throw.
    /// </summary>
    public Action<SlotCaller, long, long> Count { get; set; } = static (_, _, _) => { };

    /// <summary>Told of each connection of a program that is over, with the bytes of all outer connections made for it. As <see cref="Count"/>.</summary>
    public Action<SlotCaller, long, long> Closed { get; set; } = static (_, _, _) => { };

    /// <summary>A new TCP socket, in whatever network namespace it has to be.</summary>
    public Func<AddressFamily, Socket> NewSocket { get; set; } = static family => new Socket(family, SocketType.Stream, ProtocolType.Tcp);
}
