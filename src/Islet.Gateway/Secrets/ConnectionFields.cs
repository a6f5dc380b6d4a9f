using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Islet.Gateway.Secrets;

/// <summary>Fields of one connection or its framing (RFC 9110 section 7.6.1): they are made anew on the other side.</summary>
static class ConnectionFields
{
    static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.Upgrade, HeaderNames.TransferEncoding,
        HeaderNames.Host, HeaderNames.Expect, HeaderNames.Trailer, HeaderNames.ContentLength, "HTTP2-Settings",
    };

    /// <param name="connection">The Connection field, which names others of its kind.</param>
    public static bool Drops(string name, in StringValues connection)
    {
        if (name.StartsWith(':') || Own.Contains(name))
            return true;
        foreach (var options in connection)
        {
            if (options is not null && options.Split(',', StringSplitOptions.TrimEntries).Contains(name, StringComparer.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
