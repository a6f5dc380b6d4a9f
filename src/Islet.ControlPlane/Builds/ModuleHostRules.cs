using System.Net;
using Islet.Contracts;

namespace Islet.ControlPlane.Builds;

/// <summary>Which hosts modules may come from, and which of those may have private addresses.</summary>
sealed class ModuleHostRules
{
    readonly HashSet<string> named = new(StringComparer.OrdinalIgnoreCase);
    readonly bool anyPublic;

    public ModuleHostRules(BuildsOptions options)
    {
        foreach (var host in options.ModuleHosts)
        {
            if (host == "*")
                anyPublic = true;
            else
                named.Add(Bare(HasPort(host) ? host : host + ":443"));
        }
        foreach (var registry in (string?[])[options.NpmRegistry, options.JsrRegistry])
            if (registry is not null)
                named.Add(Bare(Authority(new Uri(registry, UriKind.Absolute))));
    }

    /// <summary>Null when the host may be asked; otherwise why not, for the build log.</summary>
    public string? Refuse(Uri url)
    {
        if (IsNamed(url.Host, url.Port))
            return null;
        if (!anyPublic)
            return $"{Authority(url)} is not among the module hosts that this server allows";
        return url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort
            ? null
            : $"{Authority(url)} is neither https on port 443 nor named among the module hosts that this server allows";
    }

    /// <summary>Whether a connection to this address of this host may be made; asked for the very address that is dialled.</summary>
    public bool MayConnect(string host, int port, IPAddress address) => IsNamed(host, port) || PublicAddress.Is(address);

    bool IsNamed(string host, int port) => named.Contains(Bare($"{host}:{port}"));

    static bool HasPort(string host) => host.LastIndexOf(':') > host.LastIndexOf(']');

    /// <summary>An IPv6 address has brackets in a URL and none where it is dialled.</summary>
    static string Bare(string authority) => authority.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);

    static string Authority(Uri url) => $"{url.Host}:{url.Port}";
}
