using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Islet.Edge.Links;

/// <summary>recv(2), send(2) without waiting, and epoll(7).</summary>
static partial class Native
{
    public const uint Writable = 0x4; // EPOLLOUT

    /// <summary>The peer sends no more: EPOLLRDHUP.</summary>
    public const uint Ended = 0x2000;

    /// <summary>EPOLLERR and EPOLLHUP.</summary>
    public const uint Broken = 0x8 | 0x10;

    const uint EPOLLIN = 0x1, EPOLLET = 1u << 31;
    const int EPOLL_CTL_ADD = 1, EPOLL_CTL_MOD = 3, EPOLL_CLOEXEC = 0x80000;
    const int MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000;
    const int EINTR = 4, EAGAIN = 11;

    /// <summary>struct epoll_event is packed on x86-64 only.</summary>
    public static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    /// <returns>Bytes, 0 at the end; -1: nothing is there.</returns>
    /// <exception cref="SocketException"/>
    /// <exception cref="ObjectDisposedException"/>
    public static unsafe int Receive(SafeHandle socket, Span<byte> into)
    {
        fixed (byte* data = into)
            while (true)
            {
                if ((int)Receive(socket, data, (nuint)into.Length, MSG_DONTWAIT) is var count and >= 0)
                    return count;
                if (IsNothing())
                    return -1;
            }
    }

    /// <returns>Bytes it had room for.</returns>
    /// <exception cref="SocketException"/>
    /// <exception cref="ObjectDisposedException"/>
    public static unsafe int Send(SafeHandle socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
            while (true)
            {
                if ((int)Send(socket, data, (nuint)bytes.Length, MSG_DONTWAIT | MSG_NOSIGNAL) is var count and >= 0)
                    return count;
                if (IsNothing())
                    return 0;
            }
    }

    // False: again.
    static bool IsNothing() => Marshal.GetLastPInvokeError() switch
    {
        EAGAIN => true,
        EINTR => false,
        _ => throw new SocketException((int)SocketError.ConnectionReset),
    };

    public static int CreateEPoll() => EPollCreate(EPOLL_CLOEXEC) is var epoll and >= 0 ? epoll
        : throw new IOException("epoll_create1: " + Marshal.GetLastPInvokeErrorMessage());

    /// <exception cref="SocketException">There is no room for more.</exception>
    /// <exception cref="ObjectDisposedException"/>
    public static unsafe void Watch(int epoll, SafeHandle socket, long number, bool added, bool writable)
    {
        var pollEvent = stackalloc byte[16];
        MemoryMarshal.Write(new Span<byte>(pollEvent, 4), EPOLLIN | Ended | EPOLLET | (writable ? Writable : 0));
        MemoryMarshal.Write(new Span<byte>(pollEvent + EventSize - 8, 8), number);
        if (EPollControl(epoll, added ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, pollEvent) != 0)
            throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
    }

    /// <summary>Without a limit.</summary>
    public static unsafe int Wait(int epoll, byte* events, int most) => EPollWait(epoll, events, most, -1);

    public static unsafe (uint Told, long Number) Read(byte* events, int index)
    {
        var one = events + (index * EventSize);
        return (*(uint*)one, MemoryMarshal.Read<long>(new ReadOnlySpan<byte>(one + EventSize - 8, 8)));
    }

    [LibraryImport("libc.so.6", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint Receive(SafeHandle socket, byte* data, nuint length, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint Send(SafeHandle socket, byte* data, nuint length, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EPollCreate(int flags);

    [LibraryImport("libc.so.6", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int EPollControl(int epoll, int operation, SafeHandle socket, byte* pollEvent);

    [LibraryImport("libc.so.6", EntryPoint = "epoll_wait", SetLastError = true)]
    private static unsafe partial int EPollWait(int epoll, byte* events, int most, int timeout);
}
