using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Islet.Gateway.Names;

/// <summary>
/// Asks the machine's DNS servers. Each question has an id and a source port of its own, and only what answers both and
/// the question itself from that server counts (RFC 5452).
/// </summary>
sealed class Upstream(UpstreamServers servers, Surroundings surroundings)
{
    /// <summary>What fits into a packet everywhere.</summary>
    public const int UdpSize = 1232;

    const int Attempts = 2;
    const int MaxStrays = 32;
    const int LongestDatagram = 4096;

    int turn;

    /// <summary>Null: nobody answered in time, or not in a way that can be read.</summary>
    public async ValueTask<DnsAnswer?> AskAsync(DnsQuery query, CancellationToken cancellation)
    {
        var known = servers.Current;
        var first = Volatile.Read(ref turn);
        DnsAnswer? last = null;
        for (var attempt = 0; attempt < Math.Max(Attempts, known.Count); attempt++)
        {
            var server = known[(first + attempt) % known.Count];
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(surroundings.QuestionTimeout);
            try
            {
                last = await AskAsync(server, query, limit.Token) ?? last;
                await Task.Yield(); // sockets complete inline, see docs/decisions/0004
                if (last is { Code: DnsCode.NoError or DnsCode.NoSuchName })
                    return last;
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                await Task.Yield();
            }

            // the next question begins with another server
            Volatile.Write(ref turn, (first + attempt + 1) % known.Count);
        }

        return last;
    }

    async ValueTask<DnsAnswer?> AskAsync(IPEndPoint server, DnsQuery query, CancellationToken cancellation)
    {
        var id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
        var message = DnsWriter.Query(id, query.Question, (query.Flags & DnsHeader.CheckingDisabled) != 0, query.HasOpt, query.Secure);
        var (answer, truncated) = await AskByUdpAsync(server, query.Question, id, message, cancellation);
        return truncated ? await AskByTcpAsync(server, query.Question, id, message, cancellation) : answer;
    }

    async ValueTask<(DnsAnswer? Answer, bool Truncated)> AskByUdpAsync(
        IPEndPoint server, DnsQuestion question, ushort id, byte[] message, CancellationToken cancellation)
    {
        // connected: the kernel gives only what comes from this server; its source port is random
        using var socket = surroundings.OpenSocket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellation);
        await socket.SendAsync(message, SocketFlags.None, cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(LongestDatagram);
        try
        {
            for (var stray = 0; stray < MaxStrays; stray++)
            {
                var length = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);
                if (DnsAnswer.TryRead(buffer.AsSpan(0, length), id, question, out var truncated, out var answer))
                    return (answer, truncated);
            }

            return default;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    async ValueTask<DnsAnswer?> AskByTcpAsync(
        IPEndPoint server, DnsQuestion question, ushort id, byte[] message, CancellationToken cancellation)
    {
        using var socket = surroundings.OpenSocket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        await socket.ConnectAsync(server, cancellation);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(DnsFrame.Of(message), cancellation);
        return await DnsFrame.ReadAsync(stream, ushort.MaxValue, cancellation) is { } frame
            && DnsAnswer.TryRead(frame, id, question, out var truncated, out var answer) && !truncated
            ? answer
            : null;
    }
}

/// <summary>A message in a stream: its length in two bytes, then it (RFC 1035 4.2.2).</summary>
static class DnsFrame
{
    public static byte[] Of(ReadOnlySpan<byte> message)
    {
        var frame = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)message.Length);
        message.CopyTo(frame.AsSpan(2));
        return frame;
    }

    /// <summary>Null: the stream has ended, or the message is longer than <paramref name="limit"/>.</summary>
    public static async ValueTask<byte[]?> ReadAsync(Stream stream, int limit, CancellationToken cancellation)
    {
        var length = new byte[2];
        if (await stream.ReadAtLeastAsync(length, 2, throwOnEndOfStream: false, cancellation) < 2)
            return null;
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        return message.Length <= limit && await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellation) == message.Length
            ? message
            : null;
    }
}
