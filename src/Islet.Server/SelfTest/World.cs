using System.Net;
using System.Net.Sockets;

namespace Islet.Server.SelfTest;

/// <summary>
/// The world of the test: three network namespaces that are joined to each other and to nothing else. The server's has no
/// default route; "internet" has what every program may reach, "private" what none may.
/// </summary>
sealed class World : IAsyncDisposable
{
    public const string ServerV4 = "93.184.216.1";
    public const string PublicV4 = "93.184.216.34";
    public const string PublicV6 = "2606:2800:220:1::34";
    public const string Resolver = "93.184.216.53";

    /// <summary>Where nothing may ever arrive; each by a way that the server itself has.</summary>
    public static readonly string[] PrivateAddresses =
        ["10.7.0.2", "192.168.7.2", "172.16.7.2", "100.64.7.2", "169.254.169.254", "fd00:7::2", "64:ff9b::a07:2", "2002:a07:2::1"];

    readonly string prefix = $"islet-st-{Environment.ProcessId}";

    World()
    {
    }

    public string Server => prefix + "-server";

    public string Internet => prefix + "-internet";

    public string Private => prefix + "-private";

    /// <exception cref="CannotRunException">Not root, or no <c>ip</c>.</exception>
    public static async Task<World> MakeAsync()
    {
        var world = new World();
        try
        {
            await Tool.RunAsync("ip", ["-batch", "-"], $"""
                netns add {world.Server}
                netns add {world.Internet}
                netns add {world.Private}
                link add to-internet netns {world.Server} type veth peer name eth0 netns {world.Internet}
                link add to-private netns {world.Server} type veth peer name eth0 netns {world.Private}

                """);
            await InAsync(world.Server, $"""
                addr add {ServerV4}/24 dev to-internet
                addr add 2606:2800:220:1::1/64 dev to-internet nodad
                addr add 10.7.0.1/24 dev to-private
                addr add 192.168.7.1/24 dev to-private
                addr add 172.16.7.1/24 dev to-private
                addr add 100.64.7.1/24 dev to-private
                addr add fd00:7::1/64 dev to-private nodad
                link set lo up
                link set to-internet up
                link set to-private up
                route add 169.254.169.254/32 dev to-private
                route add 64:ff9b::/96 via fd00:7::2
                route add 2002::/16 via fd00:7::2

                """);
            await InAsync(world.Internet, $"""
                addr add {PublicV4}/24 dev eth0
                addr add {Resolver}/24 dev eth0
                addr add {PublicV6}/64 dev eth0 nodad
                link set lo up
                link set eth0 up

                """);
            await InAsync(world.Private, $"""
                addr add 10.7.0.2/24 dev eth0
                addr add 192.168.7.2/24 dev eth0
                addr add 172.16.7.2/24 dev eth0
                addr add 100.64.7.2/24 dev eth0
                addr add 169.254.169.254/32 dev eth0
                addr add fd00:7::2/64 dev eth0 nodad
                addr add 64:ff9b::a07:2/128 dev eth0 nodad
                addr add 2002:a07:2::1/128 dev eth0 nodad
                link set lo up
                link set eth0 up

                """);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a visitor is, and where it finds the server: on the internet, or on the server's own loopback.</summary>
    public (string Network, IPEndPoint Server) Place(bool onLoopback) =>
        (onLoopback ? Server : Internet, new(onLoopback ? IPAddress.Loopback : IPAddress.Parse(ServerV4), ServerUnderAttack.Port));

    /// <summary>A client there.</summary>
    public HttpClient Visitor(bool onLoopback) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxResponseHeadersLength = 128,
        ConnectCallback = async (context, cancellation) =>
        {
            var (network, server) = Place(onLoopback);
            var socket = await NetworkNamespace.InAsync(network, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            await socket.ConnectAsync(server, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public async ValueTask DisposeAsync()
    {
        foreach (var name in (string[])[Server, Internet, Private])
            if (File.Exists(NetworkNamespace.FileOf(name)))
                await Tool.RunAsync("ip", ["netns", "del", name]);
    }

    static Task InAsync(string name, string lines) => Tool.RunAsync("ip", ["-n", name, "-batch", "-"], lines);
}
