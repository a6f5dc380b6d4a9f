using System.Buffers;
using System.Net.Sockets;
using Islet.Gateway.Policy;
using Islet.Gateway.Slots;

namespace Islet.Gateway.Relaying;

/// <summary>
/// One connection to the outside. The two directions end each for itself (half-close passes through); an error of either,
/// or <see cref="Cut"/>, ends both by RST.
/// </summary>
sealed class Relay(Socket inside, Assignment assignment)
{
    const int BufferSize = 32 * 1024;

    /// <summary>A stream that is never short of bytes gives its thread back after so many buffers.</summary>
    const int Burst = 16;

    Socket? outside;
    long sent;
    long received;
    long lastByte = Environment.TickCount64;

    // why it ended; the first one stays
    string? ended;
    bool foundSpent;

    public Assignment Assignment => assignment;

    public long Sent => Volatile.Read(ref sent);

    public long Received => Volatile.Read(ref received);

    public string? Ended => Volatile.Read(ref ended);

    public bool IsIdle(TimeSpan limit) => Environment.TickCount64 - Volatile.Read(ref lastByte) > limit.TotalMilliseconds;

    /// <summary>The socket that is about to be dialled; false: it was cut meanwhile, and the socket is closed.</summary>
    public bool TryAttach(Socket socket)
    {
        Volatile.Write(ref outside, socket);
        Interlocked.MemoryBarrier();
        if (Ended is null)
            return true;
        Sockets.Reset(socket);
        return false;
    }

    /// <summary>Any thread, any time. Wakes whoever waits for one of the sockets.</summary>
    public void Cut(string rule)
    {
        if (Interlocked.CompareExchange(ref ended, rule, null) is not null)
            return;
        Sockets.Reset(inside);
        if (Volatile.Read(ref outside) is { } socket)
            Sockets.Reset(socket);
    }

    /// <summary>Until both directions have ended. Does not throw. True: this one found that the project's bytes are spent.</summary>
    public async Task<bool> RunAsync()
    {
        var (up, down) = (PumpAsync(inside, outside!, isUp: true), PumpAsync(outside!, inside, isUp: false));
        await Task.WhenAll(up, down);
        if (Interlocked.CompareExchange(ref ended, EgressRules.Done, null) is null)
        {
            // both ends have said that they are done: what was sent still arrives
            inside.Dispose();
            outside!.Dispose();
        }

        return foundSpent;
    }

    async Task PumpAsync(Socket from, Socket to, bool isUp)
    {
        try
        {
            for (var turn = 1; await PassAsync(from, to, isUp); turn++)
                if (turn % Burst == 0)
                    await Task.Yield();
            if (Ended is null)
                to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Cut(EgressRules.Broken);
        }
    }

    /// <summary>False: this direction has ended. Holds a buffer only while there are bytes for it.</summary>
    async ValueTask<bool> PassAsync(Socket from, Socket to, bool isUp)
    {
        await from.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, CancellationToken.None);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var count = await from.ReceiveAsync(buffer, SocketFlags.None, CancellationToken.None);
            if (count == 0)
                return false;
            Volatile.Write(ref lastByte, Environment.TickCount64);
            if (isUp && !assignment.TrySend(count))
            {
                foundSpent = true;
                Cut(EgressRules.EgressBytes);
                return false;
            }

            for (var passed = 0; passed < count;)
                passed += await to.SendAsync(buffer.AsMemory(passed, count - passed), SocketFlags.None, CancellationToken.None);
            Count(count, isUp);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    void Count(int bytes, bool isUp)
    {
        if (isUp)
        {
            Volatile.Write(ref sent, sent + bytes);
            assignment.CountSent(bytes);
        }
        else
        {
            Volatile.Write(ref received, received + bytes);
            assignment.CountReceived(bytes);
        }
    }
}
