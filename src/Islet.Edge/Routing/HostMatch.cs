using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Islet.Contracts;

namespace Islet.Edge.Routing;

static class HostMatch
{
    const int MaxLabel = 63;
    const int MaxName = 253;

    static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary>
    /// Finds the route of a Host header: letter case, port and one trailing dot do not matter. A name of the table has
    /// none of the characters that would need escaping, so what is found may be written into a request line. The name
    /// itself goes before the wildcard over it.
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

        var hosts = snapshot.Hosts.GetAlternateLookup<ReadOnlySpan<char>>();
        return hosts.TryGetValue(name, out route) ? !name.StartsWith('*') : TryWildcard(hosts, name, out route);
    }

    /// <summary>
    /// A wildcard covers one label (RFC 6125, section 6.4.3). The name itself is not in the table then, so only letters,
    /// digits, hyphens and dots may be in it.
    /// </summary>
    static bool TryWildcard(
        FrozenDictionary<string, Route>.AlternateLookup<ReadOnlySpan<char>> hosts, ReadOnlySpan<char> name, [NotNullWhen(true)] out Route? route)
    {
        route = null;
        var dot = name.IndexOf('.');
        if (dot is < 1 or > MaxLabel || name.Length > MaxName || name.ContainsAnyExcept(HostCharacters))
            return false;
        Span<char> wildcard = stackalloc char[MaxName + 1];
        wildcard[0] = '*';
        name[dot..].CopyTo(wildcard[1..]);
        return hosts.TryGetValue(wildcard[..(name.Length - dot + 1)], out route);
    }

    static bool IsPort(ReadOnlySpan<char> port) => 
        port.Length is > 0 and <= 5 && !port.ContainsAnyExceptInRange('0', '9') && ushort.TryParse(port, out _);
}
