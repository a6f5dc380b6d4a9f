using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Islet.Tests.Gateway.Network;

[CollectionDefinition]
public sealed class OnTestNetwork : ICollectionFixture<TestNetwork>;

/// <summary>
/// A machine, the public internet and a private network, each a namespace: between them cables, around them nothing.
/// Everything in them answers to whoever reaches it, so that what is refused was refused by the gateway.
/// </summary>
public sealed class TestNetwork : IDisposable
{
    public static readonly IPAddress Public = IPAddress.Parse("93.184.216.34");
    public static readonly IPAddress PublicSix = IPAddress.Parse("2606:2800:220:1::34");
    public static readonly IPAddress DnsServer = IPAddress.Parse("93.184.216.53");
    public static readonly IPAddress OtherDnsServer = IPAddress.Parse("93.184.216.54");
    public static readonly IPAddress Own = IPAddress.Parse("93.184.216.10");
    public static readonly IPAddress OwnPrivate = IPAddress.Parse("10.7.0.1");
    public static readonly IPAddress Private = IPAddress.Parse("10.7.0.2");
    public const int EchoPort = 7000;
    public const int WebPort = 8080;

    readonly List<IDisposable> running = [];
    readonly NetworkNamespace? machine;

    public TestNetwork()
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/sbin/nft"))
            return;
        machine = new("host");
        var (internet, inside) = (new NetworkNamespace("public"), new NetworkNamespace("private"));
        running.AddRange([internet, inside, machine]);
        NetworkNamespace.Shell(
        [
            $"ip -n {machine.Name} link add pub type veth peer name eth netns {internet.Name}",
            $"ip -n {machine.Name} link add priv type veth peer name eth netns {inside.Name}",
            .. Addresses(machine, "pub", "93.184.216.10/24", "2606:2800:220:1::10/64"),
            .. Addresses(internet, "eth", "93.184.216.34/24", "93.184.216.53/24", "93.184.216.54/24", "2606:2800:220:1::34/64"),
            .. Addresses(machine, "priv", "10.7.0.1/24", "192.168.50.1/24", "169.254.1.1/16", "fd00:7::1/64"),
            .. Addresses(inside, "eth", "10.7.0.2/24", "192.168.50.2/24", "169.254.169.254/16", "fd00:7::2/64"),
        ]);
        foreach (var place in (NetworkNamespace[])[internet, inside, machine])
        {
            running.Insert(0, new EchoServer(place, EchoPort));
            running.Insert(0, new EchoServer(place, 80));
            running.Insert(0, new EchoServer(place, WebPort, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"));
        }

        Dns = new(internet, DnsServer);
        OtherDns = new(internet, OtherDnsServer);
        running.InsertRange(0, [Dns, OtherDns]);
    }

    /// <summary>The first server of every gateway, and one that a test may add.</summary>
    internal DnsStub Dns { get; } = null!;

    internal DnsStub OtherDns { get; } = null!;

    /// <summary>Where the server's own sockets are.</summary>
    internal NetworkNamespace Machine
    {
        get
        {
            if (machine is not null)
                return machine;
            if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
                throw new InvalidOperationException("Root and nft are needed on CI.");
            Assert.Skip("Network namespaces need root and nft.");
            return null!;
        }
    }

    public void Dispose()
    {
        foreach (var part in running)
            part.Dispose();
    }

    static IEnumerable<string> Addresses(NetworkNamespace place, string device, params string[] addresses) =>
    [
        .. from address in addresses
           select $"ip -n {place.Name} addr add {address} dev {device} {(address.Contains(':', StringComparison.Ordinal) ? "nodad" : "")}",
        $"ip -n {place.Name} link set {device} up",
    ];
}

/// <summary>Sends back what it gets, and its own end when the other side has ended. Every address of its namespace.</summary>
internal sealed class EchoServer : IDisposable
{
    readonly Socket listener;
    readonly byte[]? answer;

    /// <param name="answer">What it says instead, once, to whatever it gets.</param>
    public EchoServer(NetworkNamespace place, int port, string? answer = null)
    {
        this.answer = answer is null ? null : Encoding.ASCII.GetBytes(answer);
        listener = place.Run(() => new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true });
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        listener.Listen(512);
        _ = AcceptAsync();
    }

    public void Dispose() => listener.Dispose();

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = EchoAsync(await listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test has ended
        }
    }

    async Task EchoAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[32 * 1024];
            try
            {
                while (await socket.ReceiveAsync(buffer) is var count and > 0)
                {
                    await socket.SendAsync(answer ?? buffer.AsMemory(0, count));
                    if (answer is not null)
                        break;
                }

                socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // reset by the test
            }
        }
    }
}
