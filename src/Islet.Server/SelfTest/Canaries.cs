using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Islet.Server.SelfTest;

/// <summary>Listeners that must see nothing. Who reaches one is given the word, and is noted.</summary>
sealed class Canaries(string word) : IDisposable
{
    /// <summary>Of everything private, and of the server's loopback.</summary>
    public const int Port = 9911;

    /// <summary>An abstract Unix socket in the server's network namespace.</summary>
    public const string Abstract = "islet-selftest-canary";

    static readonly int[] PrivatePorts = [22, 53, 80, 5432, 6379, Port];

    readonly ConcurrentQueue<string> hits = new();
    readonly List<Socket> sockets = [];

    public async Task OpenAsync(World world)
    {
        foreach (var port in PrivatePorts)
            ListenOn("private", await NetworkNamespace.InAsync(world.Private, () => Tcp(IPAddress.IPv6Any, port)));
        Receive("private, by UDP,", await NetworkNamespace.InAsync(world.Private, () => Udp(IPAddress.IPv6Any, Port)));
        Receive("private DNS", await NetworkNamespace.InAsync(world.Private, () => Udp(IPAddress.IPv6Any, 53)));
        Receive("public, by UDP,", await NetworkNamespace.InAsync(world.Internet, () => Udp(IPAddress.IPv6Any, Port)));
        ListenOn("server", await NetworkNamespace.InAsync(world.Server, () => Tcp(IPAddress.IPv6Any, Port)));
        Receive("server, by UDP,", await NetworkNamespace.InAsync(world.Server, () => Udp(IPAddress.IPv6Any, Port)));
        ListenOn("server's abstract socket", await NetworkNamespace.InAsync(world.Server, () => Listening(
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint("\0" + Abstract))));
    }

    /// <summary>What was reached since the last call.</summary>
    public string? Take()
    {
        var seen = new List<string>();
        while (hits.TryDequeue(out var hit))
            seen.Add(hit);
        return seen.Count == 0 ? null : $"reached: {string.Join(", ", seen.Distinct(StringComparer.Ordinal).Take(5))}";
    }

    public void Dispose()
    {
        foreach (var socket in sockets)
            socket.Dispose();
    }

    static Socket Tcp(IPAddress address, int port) =>
        Listening(new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true }, new IPEndPoint(address, port));

    static Socket Udp(IPAddress address, int port)
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }

    static Socket Listening(Socket socket, EndPoint place)
    {
        socket.Bind(place);
        socket.Listen(100);
        return socket;
    }

    void ListenOn(string where, Socket listener)
    {
        sockets.Add(listener);
        _ = AcceptAsync();

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                    _ = AnswerAsync(where, await listener.AcceptAsync());
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // closed: the test is over
            }
        }
    }

    async Task AnswerAsync(string where, Socket socket)
    {
        using (socket)
            try
            {
                hits.Enqueue($"{where} {socket.LocalEndPoint}");
                await HearAsync(socket);
                await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {word.Length}\r\nConnection: close\r\n\r\n{word}"));
            }
            catch (SocketException)
            {
                // it went away; that it came is noted
            }
    }

    // HTTP clients want to be heard before they are answered.
    static async Task HearAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        try
        {
            await socket.ReceiveAsync(new byte[4096], patience.Token);
        }
        catch (OperationCanceledException)
        {
            // it waits for us
        }
    }

    void Receive(string where, Socket socket)
    {
        sockets.Add(socket);
        _ = ReceiveAsync();

        async Task ReceiveAsync()
        {
            var buffer = new byte[2048];
            try
            {
                while (true)
                {
                    var from = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.IPv6Any, 0));
                    hits.Enqueue($"{where} port {((IPEndPoint)socket.LocalEndPoint!).Port}");
                    await socket.SendToAsync(Encoding.ASCII.GetBytes(word), from.RemoteEndPoint);
                }
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // closed: the test is over
            }
        }
    }
}
