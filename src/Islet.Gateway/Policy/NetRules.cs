using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;

namespace Islet.Gateway.Policy;

/// <summary>
/// The v1 field <c>permissions.net</c>: exact host names, IPv4 addresses, IPv6 addresses in brackets, <c>*</c>. Absent is
/// everything public; empty is nothing.
/// </summary>
sealed class NetRules
{
    readonly FrozenSet<string> names;
    readonly FrozenSet<IPAddress> addresses;

    NetRules(bool everything, IEnumerable<string> names, IEnumerable<IPAddress> addresses) =>
        (Everything, this.names, this.addresses) = (everything, names.ToFrozenSet(StringComparer.Ordinal), addresses.ToFrozenSet());

    public bool Everything { get; }

    public static NetRules Of(IReadOnlyList<string>? net)
    {
        var everything = net is null;
        var (names, addresses) = (new List<string>(), new List<IPAddress>());
        foreach (var entry in net ?? [])
        {
            if (entry == "*")
                everything = true;
            else if (Address(entry) is { } address)
                addresses.Add(address);
            else
                names.Add(entry.TrimEnd('.').ToLowerInvariant());
        }

        return new(everything, names, addresses);
    }

    public bool AllowsName(string name) => Everything || names.Contains(name);

    /// <param name="known">Names under which the slot was told this address.</param>
    public bool Allows(IPAddress address, IReadOnlyList<string> known)
    {
        if (Everything || addresses.Contains(address))
            return true;
        foreach (var name in known)
            if (names.Contains(name))
                return true;
        return false;
    }

    /// <summary>Only the spelling that an address is written back in: <c>1.2</c> and <c>0x7f.1</c> are no addresses here.</summary>
    static IPAddress? Address(string entry)
    {
        if (entry is ['[', .. var inner, ']'])
            return IPAddress.TryParse(inner, out var six) && six is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: 0 }
                ? six.IsIPv4MappedToIPv6 ? six.MapToIPv4() : six
                : null;
        return IPAddress.TryParse(entry, out var four) && four.AddressFamily == AddressFamily.InterNetwork && four.ToString() == entry ? four : null;
    }
}
