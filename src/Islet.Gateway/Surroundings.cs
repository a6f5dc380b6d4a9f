using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Islet.Gateway;

/// <summary>
/// What the gateway takes from the machine, and waits that are nobody's setting. A gateway whose outside is a network
/// namespace of its own gets another one of these.
/// </summary>
sealed class Surroundings
{
    static readonly IPAddress SomePublicIpv6 = IPAddress.Parse("2001:500:2::c"); // a root name server

    /// <summary>Opens every socket to the outside.</summary>
    public Func<AddressFamily, SocketType, ProtocolType, Socket> OpenSocket { get; init; } =
        static (family, type, protocol) => new(family, type, protocol);

    /// <summary>All addresses of this machine.</summary>
    public Func<IReadOnlyCollection<IPAddress>> OwnAddresses { get; init; } = AddressesOfInterfaces;

    /// <summary>Whether this machine has a way to the public IPv6 addresses.</summary>
    public Func<bool> ReachesIpv6 { get; init; } = HasRouteToIpv6;

    /// <summary>For one try of one question to one DNS server.</summary>
    public TimeSpan QuestionTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A connection without a byte in either direction for this long is closed.</summary>
    public TimeSpan RelayIdle { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Before a listener that failed, as when there are no descriptors left, is asked again.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>To connect a datagram socket only asks the routing table: nothing is sent.</summary>
    static bool HasRouteToIpv6()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(SomePublicIpv6, 53);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    static IReadOnlyCollection<IPAddress> AddressesOfInterfaces() =>
    [
        .. from network in NetworkInterface.GetAllNetworkInterfaces()
           from address in network.GetIPProperties().UnicastAddresses
           select address.Address,
    ];
}
