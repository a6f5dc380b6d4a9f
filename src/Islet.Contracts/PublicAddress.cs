using System.Net;
using System.Net.Sockets;

namespace Islet.Contracts;

/// <summary>
/// Tells whether an address is a public unicast one (IANA special-purpose registries, RFC 6890 and its updates). What
/// wraps an IPv4 address (mapped, NAT64, 6to4) is judged by the address inside.
/// </summary>
public static class PublicAddress
{
    static readonly IPNetwork[] Special =
    [
        .. from block in (string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/3",
        ]
        select IPNetwork.Parse(block),
    ];

    /// <summary>Global unicast space; everything outside of it is refused.</summary>
    static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    static readonly IPNetwork[] SpecialV6 =
    [
        .. from block in (string[])["2001::/23", "2001:db8::/32", "3fff::/20"]
        select IPNetwork.Parse(block),
    ];

    static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    public static bool Is(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return Is(address.MapToIPv4());
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !Array.Exists(Special, block => block.Contains(address));

        Span<byte> bytes = stackalloc byte[16];
        if (address.ScopeId != 0 || !address.TryWriteBytes(bytes, out _))
            return false;
        if (Nat64.Contains(address))
            return Is(new IPAddress(bytes[12..]));
        if (SixToFour.Contains(address))
            return Is(new IPAddress(bytes.Slice(2, 4)));
        return GlobalUnicast.Contains(address) && !Array.Exists(SpecialV6, block => block.Contains(address));
    }
}
