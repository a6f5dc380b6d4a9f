using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Primitives;

namespace Islet.Server.Hosts;

/// <summary>Which Host headers mean the platform itself; every other one is a visitor of some deployment.</summary>
/// <param name="addresses">Which the platform listens on.</param>
sealed class PlatformHosts(string domain, IEnumerable<IPAddress> addresses)
{
    readonly string[] names =
        [domain, $"api.{domain}", $"dash.{domain}", "localhost", "127.0.0.1", "[::1]", .. addresses.Select(Text)];

    /// <summary>No allocation: asked for every request.</summary>
    public bool Contains(StringValues host)
    {
        var text = host.Count == 1 ? host[0].AsSpan() : default;
        var colon = text.LastIndexOf(':');
        if (colon > text.LastIndexOf(']'))
            text = text[..colon];
        text = text.TrimEnd('.');
        foreach (var name in names)
            if (text.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        return text.IsEmpty;
    }

    static string Text(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
}
