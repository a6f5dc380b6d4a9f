using System.Net;
using System.Net.Sockets;
using Islet.Server.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Islet.Server;

/// <summary>A port below 1024 is bound by the jailer, before it gives its rights up, and listened on by the server.</summary>
static class BoundPort
{
    const int FirstUnprivileged = 1024;

    /// <summary>Those that a server needs a right for.</summary>
    /// <exception cref="IOException">One is taken, or root has not the right either; the message has its address.</exception>
    public static List<Socket> Bind(ServerSettings settings)
    {
        var bound = new List<Socket>();
        try
        {
            foreach (var (endPoint, url) in settings.EndPoints)
                if (endPoint.Port < FirstUnprivileged)
                    bound.Add(Bind(endPoint, url));
            return bound;
        }
        catch
        {
            bound.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    /// <summary>The server takes what it was handed over for its addresses, and binds the others.</summary>
    public static void TakeOver(SocketTransportOptions transport, ServerSettings settings)
    {
        var bound = ServerProcesses.BoundSockets.Select(descriptor => new Socket(new SafeSocketHandle(descriptor, ownsHandle: true))).ToList();
        transport.CreateBoundListenSocket = endPoint =>
        {
            if (bound.Find(socket => endPoint.Equals(socket.LocalEndPoint)) is { } handed)
                return handed;
            var url = settings.EndPoints.FirstOrDefault(own => endPoint.Equals(own.EndPoint)).Url;
            return url is null ? SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint) : Bind(endPoint, url);
        };
    }

    static Socket Bind(EndPoint endPoint, string url)
    {
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }
        catch (SocketException exception)
        {
            throw new IOException(url, exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? new AddressInUseException(exception.Message, exception) : exception);
        }
    }
}
