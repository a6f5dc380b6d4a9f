using System.Collections.Frozen;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Gateway.Handover;

namespace Islet.Gateway.Policy;

/// <summary>
/// Names and addresses that mean this platform: its services inside slots, its own hosts, the addresses it is reached
/// under. None of them is ever dialled.
/// </summary>
sealed class PlatformPlaces : IDisposable
{
    /// <summary>What slots are told for the platform's hosts. Of the benchmarking range (RFC 2544), which nobody routes.</summary>
    public static readonly IPAddress Address = IPAddress.Parse("198.18.0.1");

    // services get the addresses from here on; 198.18.0.53 is the DNS server's
    const byte FirstService = 64;

    static readonly IPNetwork Reserved = IPNetwork.Parse("198.18.0.0/24");
    static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    readonly GatewayOptions options;
    readonly Surroundings surroundings;
    readonly IRouteSource routes;
    readonly PlatformDoor? door;
    readonly IPAddress[] configured;
    readonly FrozenDictionary<string, IPAddress> serviceAddresses;
    readonly FrozenDictionary<IPEndPoint, SlotService> services;

    // both replaced by Refresh
    volatile FrozenSet<IPAddress> own = [];
    volatile bool reachesIpv6;

    public PlatformPlaces(GatewayOptions options, Surroundings surroundings, IRouteSource routes, IEnumerable<SlotService> services, PlatformDoor? door)
    {
        (this.options, this.surroundings, this.routes, this.door) = (options, surroundings, routes, door);
        configured = [.. options.PlatformAddresses.Select(IPAddress.Parse)];
        var all = services.ToList();
        serviceAddresses = all.Select(service => service.Name).Distinct(StringComparer.Ordinal)
            .Select((name, index) => (name, new IPAddress([198, 18, 0, checked((byte)(FirstService + index))])))
            .ToFrozenDictionary(pair => pair.name, pair => pair.Item2, StringComparer.Ordinal);
        this.services = all.ToFrozenDictionary(service => new IPEndPoint(serviceAddresses[service.Name], service.Port));
        Refresh();
        NetworkChange.NetworkAddressChanged += OnChange;
    }

    /// <summary>
    /// Without a way to IPv6 no program should be told such addresses: a connection succeeds inside the slot before it is
    /// dialled, so that a program would not try the next address.
    /// </summary>
    public bool ReachesIpv6 => reachesIpv6;

    /// <summary>Looks at the machine's interfaces and routes again.</summary>
    public void Refresh()
    {
        own = [.. configured, .. surroundings.OwnAddresses()];
        reachesIpv6 = surroundings.ReachesIpv6();
    }

    public IPAddress? ServiceAddress(string name) => serviceAddresses.GetValueOrDefault(name);

    /// <summary>An address that only slots know: there is nothing behind it but services and the platform's door.</summary>
    public static bool IsReserved(IPAddress address) => Reserved.Contains(address);

    public SlotService? Service(IPEndPoint destination) => services.GetValueOrDefault(destination);

    public bool IsPlatformHost(string name) =>
        IsAtOrBelow(name, options.Domain) || (options.CustomHostsAreProven && routes.Current.Hosts.ContainsKey(name));

    /// <summary>Also when the address is wrapped in an IPv6 one: a translator on the way would lead back here.</summary>
    public bool IsPlatform(IPAddress address) => address.Equals(Address) || own.Contains(Unwrapped(address));

    /// <summary>Null: it is not a port of the platform, or nothing serves it.</summary>
    public HandoverEndPoint? DoorAt(int port) =>
        port == 443 || port == options.TlsListen?.Port ? door?.Tls
        : port == 80 || port == options.Listen.Port ? door?.Plain
        : null;

    public static bool IsAtOrBelow(string name, string domain) =>
        name.EndsWith(domain, StringComparison.OrdinalIgnoreCase)
        && (name.Length == domain.Length || name[^(domain.Length + 1)] == '.');

    public void Dispose() => NetworkChange.NetworkAddressChanged -= OnChange;

    void OnChange(object? sender, EventArgs e)
    {
        try
        {
            Refresh();
        }
        catch (NetworkInformationException)
        {
            // the interfaces are changing still; the next sweep looks again, and would say so
        }
    }

    static IPAddress Unwrapped(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return Nat64.Contains(address) ? new(bytes[12..])
            : SixToFour.Contains(address) ? new(bytes[2..6])
            : address;
    }
}
