using System.Net;

namespace Islet.Gateway.Names;

/// <summary>The DNS servers to ask: those of the options, or those of the machine, read anew when its file changes.</summary>
sealed class UpstreamServers(IEnumerable<string> configured, string resolvConf = "/etc/resolv.conf")
{
    const int Port = 53;
    const int MaxServers = 3; // as resolv.conf(5)

    readonly IPEndPoint[] chosen = [.. configured.Select(Parse)];

    // an immutable pair, replaced as a whole by whoever sees the change first
    (DateTime Written, IPEndPoint[] Servers)? machine;

    /// <summary>Never empty. Reads the file's time each call, its text only when that has changed.</summary>
    public IReadOnlyList<IPEndPoint> Current
    {
        get
        {
            if (chosen.Length > 0)
                return chosen;
            var written = File.GetLastWriteTimeUtc(resolvConf); // 1601 when it does not exist
            var known = machine;
            if (known?.Written == written)
                return known.Value.Servers;
            var servers = Read();
            machine = (written, servers);
            return servers;
        }
    }

    /// <exception cref="FormatException">Neither <c>address</c> nor <c>address:port</c>.</exception>
    public static IPEndPoint Parse(string text) =>
        IPEndPoint.TryParse(text, out var endPoint)
            ? endPoint.Port == 0 ? new(endPoint.Address, Port) : endPoint
            : throw new FormatException($"'{text}' is not an address of a DNS server");

    IPEndPoint[] Read()
    {
        try
        {
            IPEndPoint[] servers =
            [
                .. (from line in File.ReadLines(resolvConf)
                    let words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
                    where words is ["nameserver", _, ..] && IPAddress.TryParse(words[1], out _)
                    select new IPEndPoint(IPAddress.Parse(words[1]), Port)).Take(MaxServers),
            ];
            if (servers.Length > 0)
                return servers;
        }
        catch (IOException)
        {
            // a machine without the file asks itself, as its own resolver does
        }

        return [new(IPAddress.Loopback, Port)];
    }
}
