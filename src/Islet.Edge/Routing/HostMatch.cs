using System.Diagnostics.CodeAnalysis;
using Islet.Contracts;

namespace Islet.Edge.Routing;

static class HostMatch
{
    /// <summary>
    /// Finds the route of a Host header: letter case, port and one trailing dot do not matter. A name of the table has
    /// none of the characters that would need escaping, so what is found may be written into a request line.
    /// </summary>
    public static bool TryFind(RouteSnapshot snapshot, string? host, [NotNullWhen(true)] out Route? route)
    {
        route = null;
        if (string.IsNullOrEmpty(host))
            return false;

        var name = host.AsSpan();
        var colon = name.IndexOf(':');
        if (colon >= 0)
        {
            if (!IsPort(name[(colon + 1)..]))
                return false;
            name = name[..colon];
        }

        if (name.EndsWith('.'))
            name = name[..^1];

        return snapshot.Hosts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out route);
    }

    static bool IsPort(ReadOnlySpan<char> port) => 
        port.Length is > 0 and <= 5 && !port.ContainsAnyExceptInRange('0', '9') && ushort.TryParse(port, out _);
}
