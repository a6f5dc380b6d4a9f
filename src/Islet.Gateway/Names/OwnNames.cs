using System.Net;
using Islet.Contracts;
using Islet.Gateway.Policy;

namespace Islet.Gateway.Names;

/// <summary>
/// Names that are answered here and never asked for outside: services of the platform, the platform's own hosts, the
/// loopback names, and IPv6 addresses where there is no way to any.
/// </summary>
sealed class OwnNames(PlatformPlaces platform)
{
    /// <summary>Short: a host may move away from here.</summary>
    const uint Ttl = 30;

    const string Localhost = "localhost";

    public static bool IsService(DnsName name) => IsBelow(name.Text, SlotService.Domain);

    /// <summary>Null: it is not one of ours.</summary>
    public DnsAnswer? Find(DnsQuestion question)
    {
        if (IsService(question.Name))
            return platform.ServiceAddress(question.Name.Text) is { } service ? At(question, service) : DnsAnswer.Of(DnsCode.NoSuchName);
        if (platform.IsPlatformHost(question.Name.Text))
            return At(question, PlatformPlaces.Address);

        // RFC 6761 6.3: nobody outside is asked for these; the slot has its own loopback in its hosts file
        if (IsBelow(question.Name.Text, Localhost))
            return DnsAnswer.Of(DnsCode.NoSuchName);
        return question.Type == DnsType.Aaaa && !platform.ReachesIpv6 ? DnsAnswer.Of(DnsCode.NoError) : null;
    }

    /// <summary>The name exists with an IPv4 address; of every other type it has nothing, which is not an error.</summary>
    static DnsAnswer At(DnsQuestion question, IPAddress address) => question.Type is DnsType.A or DnsType.Any
        ? DnsAnswer.Of(DnsCode.NoError) with { Answers = [new(question.Name, DnsType.A, DnsType.Internet, Ttl, address.GetAddressBytes())] }
        : DnsAnswer.Of(DnsCode.NoError);

    static bool IsBelow(string name, string domain) => PlatformPlaces.IsAtOrBelow(name, domain);
}
