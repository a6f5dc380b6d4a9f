using System.Net;

namespace Islet.Gateway;

/// <summary>Section <c>Islet:Gateway</c>.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Islet:Gateway";

    /// <summary>DNS servers, <c>address</c> or <c>address:port</c>; empty: those of <c>/etc/resolv.conf</c>.</summary>
    public IList<string> DnsServers { get; } = [];

    /// <summary>Addresses under which this installation is reached although no interface here has them, such as those of a load balancer.</summary>
    public IList<string> PlatformAddresses { get; } = [];

    /// <summary>Suffix of deployment hosts: names at and below it are this platform.</summary>
    public string Domain { get; set; } = "localhost";

    /// <summary>
    /// Whether custom hosts of the routes belong to those who have them. Else their names are asked of DNS like any other:
    /// a tenant who says that a name is theirs must not get what other tenants' programs send to it.
    /// </summary>
    public bool CustomHostsAreProven { get; set; } = true;

    /// <summary>Where the platform listens: what a slot sends there is handed over inside the process.</summary>
    public IPEndPoint Listen { get; set; } = new(IPAddress.Loopback, 8000);

    /// <summary>The same by TLS; null: nowhere. Slots reach the platform by 443 in any case.</summary>
    public IPEndPoint? TlsListen { get; set; }

    /// <summary>From a connection's acceptance to its being dialled.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
