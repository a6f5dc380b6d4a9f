using System.Net.Sockets;
using System.Runtime.InteropServices;
using Islet.Edge.Forwarding;

namespace Islet.Edge.Watching;

/// <summary>
/// Whether an isolate's event loop turns, asked without its help: a connection of its own on which a lone CRLF is sent,
/// which servers ignore before a request (RFC 9112 section 2.2), so no code of the program runs. The kernel tells by
/// SIOCOUTQ (unix(7)) whether it was read, also while the connection still waits to be accepted. One probe at a time.
/// </summary>
sealed partial class LoopProbe(string socketPath) : IDisposable
{
    const nuint SiocOutQ = 0x5411;
    static readonly long Pause = TimeSpan.FromMilliseconds(250).Ticks;

    readonly UnixDomainSocketEndPoint endPoint = new(socketPath);
    Socket? socket;
    long? sent;

    /// <summary>Since when something is unread, in ticks of the caller's clock; null: nothing is.</summary>
    public long? UnreadSince => sent;

    /// <summary>Not before this moment another probe is of use.</summary>
    public long NotBefore { get; private set; }

    /// <summary>Sends when nothing is under way; else looks whether it was read. After a full backlog it tries again.</summary>
    public void Look(long now)
    {
        if (socket is null)
            Send(now);
        else if (Unread(socket) == 0)
            Rest(now);
    }

    public void Dispose() => socket?.Dispose();

    void Send(long now)
    {
        var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(endPoint);
            probe.Send("\r\n"u8);
            socket = probe;
            sent ??= now;
        }
        catch (SocketException e) when (LinkPool.IsFull(e))
        {
            probe.Dispose();
            sent ??= now; // the queue of connections is full: nobody accepts
        }
        catch (SocketException)
        {
            probe.Dispose();
            Rest(now); // nobody listens: requests find that out by themselves
        }
    }

    void Rest(long now)
    {
        socket?.Dispose();
        (socket, sent, NotBefore) = (null, null, now + Pause);
    }

    // Memory of the kernel that what was sent still takes; also 0 when the peer has closed.
    static int Unread(Socket socket) => IOControl(socket.SafeHandle, SiocOutQ, out var bytes) == 0 ? bytes : 0;

    [LibraryImport("libc.so.6", EntryPoint = "ioctl")]
    private static partial int IOControl(SafeHandle descriptor, nuint request, out int value);
}
