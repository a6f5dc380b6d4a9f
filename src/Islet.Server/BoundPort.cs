using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Islet.Server;

/// <summary>A port below 1024 is bound by the jailer, before it gives its rights up, and listened on by the server.</summary>
static class BoundPort
{
    const int FirstUnprivileged = 1024;

    /// <summary>Null for a port that needs no right.</summary>
    /// <exception cref="SocketException">It is taken, or root has not the right either.</exception>
    public static Socket? Bind(IPEndPoint listen) =>
        listen.Port is > 0 and < FirstUnprivileged ? SocketTransportOptions.CreateDefaultBoundListenSocket(listen) : null;

    /// <summary>The server takes what it was handed over for this address.</summary>
    public static void TakeOver(SocketTransportOptions transport, IPEndPoint listen)
    {
        if (ServerProcesses.BoundSocket is not { } descriptor)
            return;
        var bound = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        transport.CreateBoundListenSocket = endPoint => listen.Equals(endPoint) ? bound : SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
    }
}
