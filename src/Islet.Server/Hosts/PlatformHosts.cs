using System.Net;
using Microsoft.Extensions.Primitives;

namespace Islet.Server.Hosts;

/// <summary>Which Host headers mean the platform itself; every other one is a visitor of some deployment.</summary>
sealed class PlatformHosts(string domain, IPEndPoint listen)
{
    readonly string[] names =
        [domain, $"api.{domain}", $"dash.{domain}", "localhost", "127.0.0.1", "[::1]", listen.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{listen.Address}]" : listen.Address.ToString()];

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
}
