using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Islet.Tests.Gateway.Network;

/// <summary>
/// A DNS server of the test's, byte by byte: for each name and type a function makes the messages that it sends back. A
/// name it does not know does not exist.
/// </summary>
internal sealed class DnsStub : IDisposable
{
    readonly Socket udp;
    readonly Socket tcp;
    readonly ConcurrentDictionary<(string Name, int Type), Func<byte[], bool, IEnumerable<byte[]>>> answers = new();

    public DnsStub(NetworkNamespace place, IPAddress address)
    {
        udp = place.Open(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        tcp = place.Open(AddressFamily.InterNetwork);
        udp.Bind(new IPEndPoint(address, 53));
        tcp.Bind(new IPEndPoint(address, 53));
        tcp.Listen();
        _ = ReceiveAsync();
        _ = AcceptAsync();
    }

    /// <summary>Every question that came: <c>name type udp|tcp</c>.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Messages to a question, and whether it came by TCP.</summary>
    public void On(string name, int type, Func<byte[], bool, IEnumerable<byte[]>> answer) => answers[(name, type)] = answer;

    /// <summary>One good answer with these records.</summary>
    public void On(string name, int type, params (int Type, byte[] Data)[] records) =>
        On(name, type, (query, _) => [Answer(query, 0, 60, records)]);

    public void Dispose()
    {
        udp.Dispose();
        tcp.Dispose();
    }

    public static (int Type, byte[] Data) Address(string address) =>
        IPAddress.Parse(address) is var parsed && parsed.AddressFamily == AddressFamily.InterNetwork ? (1, parsed.GetAddressBytes()) : (28, parsed.GetAddressBytes());

    /// <summary>A name without compression.</summary>
    public static byte[] Name(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    /// <summary>The question echoed; the records' owner is a pointer to it.</summary>
    public static byte[] Answer(byte[] query, int code, uint ttl, params (int Type, byte[] Data)[] records)
    {
        var end = QuestionEnd(query);
        return
        [
            query[0], query[1], 0x81, (byte)(0x80 | code), 0, 1, 0, (byte)records.Length, 0, 0, 0, 0,
            .. query[12..end],
            .. records.SelectMany(record => (byte[])
            [
                0xC0, 12, (byte)(record.Type >> 8), (byte)record.Type, 0, 1,
                (byte)(ttl >> 24), (byte)(ttl >> 16), (byte)(ttl >> 8), (byte)ttl,
                (byte)(record.Data.Length >> 8), (byte)record.Data.Length, .. record.Data,
            ]),
        ];
    }

    async Task ReceiveAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var got = await udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                foreach (var message in Find(buffer[..got.ReceivedBytes], byTcp: false))
                    await udp.SendToAsync(message, got.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test has ended
        }
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var stream = new NetworkStream(await tcp.AcceptAsync(), ownsSocket: true);
                var length = new byte[2];
                await stream.ReadExactlyAsync(length);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query);
                foreach (var message in Find(query, byTcp: true))
                    await stream.WriteAsync((byte[])[(byte)(message.Length >> 8), (byte)message.Length, .. message]);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test has ended
        }
    }

    IEnumerable<byte[]> Find(byte[] query, bool byTcp)
    {
        var end = QuestionEnd(query);
        var name = new StringBuilder();
        for (var at = 12; query[at] != 0; at += query[at] + 1)
            name.Append(at == 12 ? "" : ".").Append(Encoding.Latin1.GetString(query, at + 1, query[at]));
        var type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(end - 4));
        Asked.Enqueue($"{name} {type} {(byTcp ? "tcp" : "udp")}");
        return answers.TryGetValue((name.ToString().ToLowerInvariant(), type), out var answer) ? answer(query, byTcp) : [Answer(query, 3, 0)];
    }

    static int QuestionEnd(byte[] query)
    {
        var at = 12;
        while (query[at] != 0)
            at += query[at] + 1;
        return at + 5;
    }
}
