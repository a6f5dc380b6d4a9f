using System.Runtime.InteropServices;

namespace Islet.Isolates.Linux;

/// <summary>
/// One end of a Unix socket of packets (unix(7), SOCK_SEQPACKET) that carries descriptors beside its messages. One thread
/// receives, any thread sends. Blocking, since .NET has no door for ancillary data.
/// </summary>
internal sealed unsafe partial class DescriptorChannel(int fd) : IDisposable
{
    public const int LongestMessage = 64 << 10;
    const int MostDescriptors = 16;
    const int SOL_SOCKET = 1;
    const int SCM_RIGHTS = 1;
    const int HeaderSize = 16; // struct cmsghdr: length (size_t), level, type
    const int MSG_NOSIGNAL = 0x4000;
    const int MSG_CMSG_CLOEXEC = 0x40000000;
    const int MSG_TRUNC = 0x20;
    const int MSG_CTRUNC = 0x08;

    readonly Lock sending = new();
    readonly byte[] received = new byte[LongestMessage];

    /// <summary>Two connected ends; both close on exec.</summary>
    public static (int Left, int Right) Pair()
    {
        const int SOCK_SEQPACKET = 5;
        Span<int> pair = stackalloc int[2];
        if (Libc.SocketPair(Libc.AF_UNIX, SOCK_SEQPACKET | Libc.SOCK_CLOEXEC, 0, pair) != 0)
            throw Libc.Error("socketpair");
        return (pair[0], pair[1]);
    }

    /// <summary>Sends one message; the other side gets duplicates of the descriptors, ours stay ours.</summary>
    /// <exception cref="IOException">The other side is gone.</exception>
    public void Send(ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors)
    {
        if (message.Length > LongestMessage || descriptors.Length > MostDescriptors)
            throw new IOException("A message to or from the jailer is too long.");
        var control = stackalloc byte[HeaderSize + (MostDescriptors * sizeof(int))];
        fixed (byte* start = message)
        {
            var part = new IoVector { Start = start, Length = (nuint)message.Length };
            var header = new MessageHeader { Parts = &part, PartCount = 1 };
            if (descriptors.Length > 0)
            {
                header.Control = control;
                header.ControlLength = (nuint)(HeaderSize + (descriptors.Length * sizeof(int)));
                *(nuint*)control = header.ControlLength;
                ((int*)control)[2] = SOL_SOCKET;
                ((int*)control)[3] = SCM_RIGHTS;
                descriptors.CopyTo(new Span<int>(control + HeaderSize, descriptors.Length));
            }
            lock (sending)
            {
                while (SendMessage(fd, &header, MSG_NOSIGNAL) < 0)
                    if (Marshal.GetLastPInvokeError() != Libc.EINTR)
                        throw Libc.Error("send to the other side of the jailer's channel");
            }
        }
    }

    /// <summary>Waits for a message; false when the other side is gone. The bytes are valid until the next call.</summary>
    /// <exception cref="IOException">It was cut: then this channel cannot be used any more.</exception>
    public bool Receive(out ReadOnlyMemory<byte> message, out int[] descriptors)
    {
        var control = stackalloc byte[HeaderSize + (MostDescriptors * sizeof(int))];
        fixed (byte* start = received)
        {
            var part = new IoVector { Start = start, Length = LongestMessage };
            var header = new MessageHeader { Parts = &part, PartCount = 1, Control = control, ControlLength = HeaderSize + (MostDescriptors * sizeof(int)) };
            nint count;
            while ((count = ReceiveMessage(fd, &header, MSG_CMSG_CLOEXEC)) < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
                header.ControlLength = HeaderSize + (MostDescriptors * sizeof(int));
            descriptors = count > 0 ? Descriptors(header) : [];
            message = received.AsMemory(0, (int)Math.Max(0, count));
            if ((header.Flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
            {
                Close(descriptors);
                throw new IOException("A message on the jailer's channel was cut.");
            }
            return count > 0;
        }
    }

    public static void Close(IEnumerable<int> descriptors)
    {
        foreach (var descriptor in descriptors)
            _ = Libc.Close(descriptor);
    }

    /// <summary>Wakes the receiver as well. The descriptor itself goes with the process: its number must not be given to another file while somebody waits on it.</summary>
    public void Dispose() => _ = Shutdown(fd, 2);

    static int[] Descriptors(in MessageHeader header)
    {
        var control = header.Control;
        if (header.ControlLength < HeaderSize || ((int*)control)[2] != SOL_SOCKET || ((int*)control)[3] != SCM_RIGHTS)
            return [];
        return new ReadOnlySpan<int>(control + HeaderSize, (int)(*(nuint*)control - HeaderSize) / sizeof(int)).ToArray();
    }

    [LibraryImport("libc.so.6", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int Shutdown(int fd, int how);

    [LibraryImport("libc.so.6", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int fd, MessageHeader* message, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Parts;
        public nuint PartCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
