using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Gateway.Names;

namespace Islet.Tests.Gateway.Network;

/// <summary>A network namespace as a slot has it, and what a program in it does.</summary>
internal sealed class SlotUnderTest : IDisposable
{
    const string Rules = """
        table ip t {
         chain o {
          type nat hook output priority -100; policy accept;
          udp dport 53 redirect to :5353
          tcp dport 53 redirect to :5353
          ip daddr 127.0.0.0/8 return
          meta l4proto tcp redirect to :3128
         }
        }
        table ip6 t {
         chain o {
          type nat hook output priority -100; policy accept;
          udp dport 53 redirect to :5353
          tcp dport 53 redirect to :5353
          ip6 daddr ::1 return
          meta l4proto tcp redirect to :3128
         }
        }
        """;

    static readonly IPEndPoint Resolver = new(IPAddress.Parse("198.18.0.53"), 53);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    ushort lastQuestion;

    public SlotUnderTest(IsolateId id)
    {
        Id = id;
        Namespace = new($"slot{id}");
        NetworkNamespace.Shell(
            $"ip -n {Namespace.Name} route add local 0.0.0.0/0 dev lo src 127.0.0.1",
            $"ip -n {Namespace.Name} -6 route add local ::/0 dev lo src ::1",
            $"ip netns exec {Namespace.Name} nft -f - <<'END'\n{Rules}\nEND");
        Listeners = new(
            [Listener(IPAddress.Any, 3128), Listener(IPAddress.IPv6Any, 3128)],
            [Bound(IPAddress.Any, 5353), Bound(IPAddress.IPv6Any, 5353)],
            [Listener(IPAddress.Any, 5353), Listener(IPAddress.IPv6Any, 5353)]);
    }

    public IsolateId Id { get; }

    public NetworkNamespace Namespace { get; }

    public SlotListeners Listeners { get; }

    public static IPEndPoint At(string address, int port = TestNetwork.EchoPort) => new(IPAddress.Parse(address), port);

    public async Task<Socket> ConnectAsync(IPEndPoint to)
    {
        var socket = Namespace.Open(to.AddressFamily);
        if (to.AddressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = true; // as Deno's are
        using var patience = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(to, patience.Token);
        return socket;
    }

    /// <summary>Sends a word and gives what comes back.</summary>
    public async Task<string> EchoAsync(IPEndPoint to)
    {
        using var socket = await ConnectAsync(to);
        return await EchoAsync(socket);
    }

    public static async Task<string> EchoAsync(Socket socket, string word = "hello")
    {
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(word));
        var buffer = new byte[word.Length];
        for (var count = 0; count < buffer.Length;)
        {
            var got = await ReceiveAsync(socket, buffer.AsMemory(count));
            if (got == 0)
                return "(end)";
            count += got;
        }

        return System.Text.Encoding.ASCII.GetString(buffer);
    }

    public static async Task<int> ReceiveAsync(Socket socket, Memory<byte> into)
    {
        using var patience = new CancellationTokenSource(Patience);
        return await socket.ReceiveAsync(into, patience.Token);
    }

    /// <summary>How a connection ends that nothing answers; it must end by itself.</summary>
    public async Task<SocketError> RefusalAsync(IPEndPoint to)
    {
        try
        {
            using var socket = await ConnectAsync(to);
            return await EndAsync(socket);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    /// <summary>Connects and leaves again, whatever is there.</summary>
    public async Task TouchAsync(IPEndPoint to)
    {
        using var socket = await ConnectAsync(to);
        socket.Shutdown(SocketShutdown.Send);
        await EndAsync(socket);
    }

    public static async Task<SocketError> EndAsync(Socket socket)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            while (await ReceiveAsync(socket, buffer) > 0)
            {
                // what was under way
            }

            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    /// <summary>One question by UDP.</summary>
    public async Task<DnsAnswer> AskAsync(string name, ushort type, bool six = false)
    {
        var (answer, _) = await AskAsync(new DnsQuestion(DnsName.Of(name), type, 1), six);
        return answer;
    }

    public async Task<(DnsAnswer Answer, bool Truncated)> AskAsync(DnsQuestion question, bool six = false)
    {
        var id = ++lastQuestion;
        var bytes = await SendAsync(DnsWriter.Query(id, question, false, false, false), six);
        DnsAnswer.TryRead(bytes, id, question, out var truncated, out var answer).ShouldBeTrue();
        return (answer!, truncated);
    }

    /// <summary>Any bytes by UDP, and the answer's.</summary>
    public async Task<byte[]> SendAsync(byte[] datagram, bool six = false)
    {
        using var socket = Namespace.Open(six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(six ? new IPEndPoint(IPAddress.Parse("fd53::53"), 53) : Resolver);
        await socket.SendAsync(datagram);
        var buffer = new byte[65_536];
        return buffer[..await ReceiveAsync(socket, buffer)];
    }

    /// <summary>Several questions at once on one stream; the answers by their order of questions.</summary>
    public async Task<IReadOnlyList<DnsAnswer>> AskByTcpAsync(params DnsQuestion[] questions)
    {
        using var socket = await ConnectAsync(Resolver);
        using var stream = new NetworkStream(socket);
        var first = lastQuestion;
        await stream.WriteAsync((byte[])[.. questions.SelectMany(question => DnsFrame.Of(DnsWriter.Query(++lastQuestion, question, false, false, false)))]);
        var answers = new DnsAnswer?[questions.Length];
        using var patience = new CancellationTokenSource(Patience);
        for (var count = 0; count < questions.Length; count++)
        {
            var message = (await DnsFrame.ReadAsync(stream, 65_535, patience.Token)).ShouldNotBeNull();
            var index = ((message[0] << 8) | message[1]) - first - 1;
            DnsAnswer.TryRead(message, (ushort)(first + index + 1), questions[index], out var truncated, out answers[index]).ShouldBeTrue();
            truncated.ShouldBeFalse();
        }

        return answers!;
    }

    public void Dispose()
    {
        Listeners.Dispose();
        Namespace.Dispose();
    }

    Socket Listener(IPAddress address, int port)
    {
        var socket = Bound(address, port, SocketType.Stream, ProtocolType.Tcp);
        socket.Listen(512);
        return socket;
    }

    Socket Bound(IPAddress address, int port, SocketType type = SocketType.Dgram, ProtocolType protocol = ProtocolType.Udp)
    {
        var socket = Namespace.Run(() => new Socket(address.AddressFamily, type, protocol));
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = false;
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }
}
