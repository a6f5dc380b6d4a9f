using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Islet.Server.SelfTest;

/// <summary>
/// The DNS of "internet" (RFC 1035): names of public hosts, names that lie, and one that changes its mind. What it was
/// asked is kept: names of the platform's own services must never come out.
/// </summary>
sealed class NameStub(string platformDomain) : IDisposable
{
    const int A = 1;
    const int Cname = 5;
    const int Aaaa = 28;

    static readonly Dictionary<string, string[]> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["public.example"] = [World.PublicV4, World.PublicV6],
        ["v6.example"] = [World.PublicV6],
        ["private.example"] = ["10.7.0.2"],
        ["ula.example"] = ["fd00:7::2"],
        ["loopback.example"] = ["127.0.0.1", "::1"],
        ["unspecified.example"] = ["0.0.0.0", "::"],
        ["metadata.example"] = ["169.254.169.254"],
        ["mapped.example"] = ["::ffff:10.7.0.2"],
        ["nat64.example"] = ["64:ff9b::a07:2"],
        ["mixed.example"] = [World.PublicV4, "10.7.0.2"],
        ["cname.example"] = ["=private.example", "10.7.0.2"],
    };

    readonly ConcurrentQueue<string> asked = new();
    Socket? udp;
    int turns;

    public async Task OpenAsync(World world)
    {
        udp = await NetworkNamespace.InAsync(world.Internet, () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(World.Resolver), 53));
            return socket;
        });
        _ = AnswerAsync(udp);
    }

    /// <summary>A question that should have stayed inside, asked since the last call.</summary>
    public string? TakeLeaked()
    {
        string? leaked = null;
        while (asked.TryDequeue(out var name))
            if (name.EndsWith(".islet.internal", StringComparison.OrdinalIgnoreCase))
                leaked = $"asked outside for {name}";
        return leaked;
    }

    public void Dispose() => udp?.Dispose();

    async Task AnswerAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var got = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                if (Answer(buffer.AsSpan(0, got.ReceivedBytes)) is { } answer)
                    await socket.SendToAsync(answer, got.RemoteEndPoint);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // closed: the test is over
        }
    }

    byte[]? Answer(ReadOnlySpan<byte> question)
    {
        var labels = new List<string>();
        var at = 12;
        while (at < question.Length && question[at] is > 0 and < 64 and var length && at + length < question.Length)
        {
            labels.Add(Encoding.Latin1.GetString(question.Slice(at + 1, length)));
            at += length + 1;
        }
        if (at + 5 > question.Length || question[at] != 0)
            return null;
        var name = string.Join('.', labels);
        asked.Enqueue(name);
        var type = BinaryPrimitives.ReadUInt16BigEndian(question[(at + 1)..]);
        var known = Lookup(name);
        var records = (known ?? []).Select(value => Record(value, type)).OfType<byte[]>().ToList();

        byte[] head = [question[0], question[1], 0x81, (byte)(known is null ? 0x83 : 0x80), 0, 1, 0, (byte)records.Count, 0, 0, 0, 0];
        return [.. head, .. question[12..(at + 5)], .. records.SelectMany(record => record)];
    }

    string[]? Lookup(string name)
    {
        if (name.StartsWith("rebind", StringComparison.OrdinalIgnoreCase) && name.EndsWith(".example", StringComparison.OrdinalIgnoreCase))
            return [Interlocked.Increment(ref turns) % 3 == 1 ? World.PublicV4 : "10.7.0.2"];
        if (name.EndsWith(platformDomain, StringComparison.OrdinalIgnoreCase))
            return [World.ServerV4];
        return Names.GetValueOrDefault(name);
    }

    // name (pointer to the question), type, class IN, TTL 0, length, data
    static byte[]? Record(string value, int type)
    {
        if (value[0] == '=')
        {
            byte[] target = [.. value[1..].Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
            return [0xc0, 12, 0, Cname, 0, 1, 0, 0, 0, 0, 0, (byte)target.Length, .. target];
        }
        var address = IPAddress.Parse(value);
        var own = address.AddressFamily == AddressFamily.InterNetwork ? A : Aaaa;
        var data = address.GetAddressBytes();
        return own == type ? [0xc0, 12, 0, (byte)own, 0, 1, 0, 0, 0, 0, 0, (byte)data.Length, .. data] : null;
    }
}
