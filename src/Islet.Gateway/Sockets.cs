using System.Net;
using System.Net.Sockets;

namespace Islet.Gateway;

/// <summary>Ends of connections, and where one was meant to go.</summary>
static class Sockets
{
    const int SolIp = 0;
    const int SolIpv6 = 41;

    /// <summary><c>SO_ORIGINAL_DST</c> and <c>IP6T_SO_ORIGINAL_DST</c>.</summary>
    const int OriginalDestinationOption = 80;

    const int SockaddrIn = 16;
    const int SockaddrIn6 = 28;

    /// <summary>Closes at once and tells the peer by RST: what waits in either direction is dropped.</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // closed already, by the peer or by us
        }

        socket.Dispose();
    }

    /// <summary>
    /// The destination before the slot's redirect rule changed it; null when the kernel does not know. An IPv4 address is
    /// never in its IPv6 spelling.
    /// </summary>
    public static IPEndPoint? OriginalDestination(Socket accepted)
    {
        try
        {
            var local = ((IPEndPoint)accepted.LocalEndPoint!).Address;
            Span<byte> address = stackalloc byte[SockaddrIn6];
            if (local.AddressFamily == AddressFamily.InterNetwork || local.IsIPv4MappedToIPv6)
            {
                // family 2, port 2 in network order, address 4, zeros 8
                return accepted.GetRawSocketOption(SolIp, OriginalDestinationOption, address[..SockaddrIn]) == SockaddrIn
                    ? new(new IPAddress(address.Slice(4, 4)), Port(address))
                    : null;
            }

            // family 2, port 2 in network order, flow 4, address 16, scope 4 in this machine's order
            if (accepted.GetRawSocketOption(SolIpv6, OriginalDestinationOption, address) != SockaddrIn6)
                return null;
            var six = new IPAddress(address.Slice(8, 16), BitConverter.ToUInt32(address[24..]));
            return new(six.IsIPv4MappedToIPv6 ? six.MapToIPv4() : six, Port(address));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    static int Port(ReadOnlySpan<byte> address) => (address[2] << 8) | address[3];
}
