using System.Buffers.Binary;
using System.Net;

namespace Islet.Isolates.Linux;

/// <summary>
/// What a slot's network needs of rtnetlink(7), for the network namespace of the calling thread: loopback up, and every
/// address taken for a local one (<c>ip route add local 0.0.0.0/0 dev lo src 127.0.0.1</c>).
/// </summary>
internal sealed unsafe class RouteNetlink : IDisposable
{
    const int AF_NETLINK = 16;
    const int AF_INET = 2;
    const int AF_INET6 = 10;
    const int SOCK_RAW = 3;
    const ushort NLMSG_ERROR = 2;
    const ushort RTM_NEWLINK = 16;
    const ushort RTM_NEWROUTE = 24;
    const ushort RequestAndAcknowledge = 0x01 | 0x04;
    const ushort CreateExclusively = 0x200 | 0x400;
    const int Loopback = 1; // lo is the first link of every namespace
    const uint IFF_UP = 1;
    const byte TableLocal = 255;
    const byte ProtocolStatic = 4;
    const byte ScopeHost = 254;
    const byte TypeLocal = 2;
    const ushort RTA_OIF = 4;
    const ushort RTA_PREFSRC = 7;

    readonly int fd = Libc.Socket(AF_NETLINK, SOCK_RAW | Libc.SOCK_CLOEXEC, 0);
    uint sequence;

    public RouteNetlink()
    {
        if (fd < 0)
            throw Libc.Error("netlink socket");
    }

    public void LoopbackUp()
    {
        Span<byte> link = stackalloc byte[16]; // struct ifinfomsg: family, pad, type, index, flags, change
        link.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(link[4..], Loopback);
        BinaryPrimitives.WriteUInt32LittleEndian(link[8..], IFF_UP);
        BinaryPrimitives.WriteUInt32LittleEndian(link[12..], IFF_UP);
        Ask(RTM_NEWLINK, 0, link, "bring lo up");
    }

    /// <param name="source">127.0.0.1 or ::1: also chooses the family.</param>
    public void EverythingIsLocal(IPAddress source)
    {
        var bytes = source.GetAddressBytes();
        var version6 = bytes.Length == 16;
        Span<byte> route = stackalloc byte[12 + 8 + 4 + bytes.Length]; // struct rtmsg and two attributes
        route.Clear();
        route[0] = (byte)(version6 ? AF_INET6 : AF_INET); // destination length 0: everything
        route[4] = TableLocal;
        route[5] = ProtocolStatic;
        route[6] = version6 ? (byte)0 : ScopeHost;
        route[7] = TypeLocal;
        Attribute(route[12..], RTA_OIF, 8);
        BinaryPrimitives.WriteInt32LittleEndian(route[16..], Loopback);
        Attribute(route[20..], RTA_PREFSRC, (ushort)(4 + bytes.Length));
        bytes.CopyTo(route[24..]);
        Ask(RTM_NEWROUTE, CreateExclusively, route, "add the local default route");
    }

    public void Dispose() => _ = Libc.Close(fd);

    static void Attribute(Span<byte> place, ushort type, ushort length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(place, length);
        BinaryPrimitives.WriteUInt16LittleEndian(place[2..], type);
    }

    // struct nlmsghdr: length, type, flags, sequence, port. The answer is an error message; error 0 is the acknowledgement.
    void Ask(ushort type, ushort flags, ReadOnlySpan<byte> body, string what)
    {
        Span<byte> message = stackalloc byte[16 + body.Length];
        message.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(message[6..], (ushort)(RequestAndAcknowledge | flags));
        BinaryPrimitives.WriteUInt32LittleEndian(message[8..], ++sequence);
        body.CopyTo(message[16..]);
        var answer = stackalloc byte[1024];
        fixed (byte* start = message)
        {
            if (Libc.Send(fd, start, (nuint)message.Length, 0) != message.Length || Libc.Receive(fd, answer, 1024, 0) < 20)
                throw Libc.Error(what);
        }
        var error = *(ushort*)(answer + 4) == NLMSG_ERROR ? *(int*)(answer + 16) : -1;
        if (error != 0)
            throw new IOException($"{what}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(-error)}");
    }
}
