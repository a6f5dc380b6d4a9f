using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Microsoft.Win32.SafeHandles;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// A network namespace with nothing but <c>lo</c>, in which every address is local and one rule sends each connection to
/// listeners that were opened inside. Nothing of it is on the host: no link, address, route or rule. It lives as long as
/// a process in it or one of the listeners. If the rules were not there, there would be no network at all.
/// </summary>
/// <param name="Namespace">For setns(2), until the jail's first process is in it.</param>
internal sealed record SlotNetwork(SafeFileHandle Namespace, SlotListeners Listeners) : IDisposable
{
    const int GatewayPort = 3128;
    const int DnsPort = 5353;
    const int Backlog = 512; // the kernel takes as many of it as somaxconn allows

    static readonly string Rules = Table("ip", "ip daddr 127.0.0.0/8") + Table("ip6", "ip6 daddr ::1");

    /// <summary>Takes some milliseconds; leaves the calling thread where it was.</summary>
    /// <param name="home">Namespace that the thread goes back to.</param>
    /// <exception cref="IOException">No such namespace can be made here, or the rules were refused: then there is none.</exception>
    public static SlotNetwork Make(SafeFileHandle home)
    {
        if (Libc.Unshare(Libc.CLONE_NEWNET) != 0)
            throw Libc.Error("unshare the network");
        try
        {
            var inside = Current();
            SlotListeners? listeners = null;
            try
            {
                using (var links = new RouteNetlink())
                {
                    links.LoopbackUp();
                    links.EverythingIsLocal(IPAddress.Loopback);
                    if (Socket.OSSupportsIPv6)
                        links.EverythingIsLocal(IPAddress.IPv6Loopback);
                }
                NfTables.Load(Rules);
                listeners = Listen();
                return new SlotNetwork(inside, listeners);
            }
            catch
            {
                inside.Dispose();
                listeners?.Dispose();
                throw;
            }
        }
        finally
        {
            Enter(home);
        }
    }

    /// <summary>
    /// Where threads go home to that make networks or start processes in them: the machine's network; in a user namespace
    /// of our own, from which there is no way back to it, an empty one. The calling thread is there afterwards.
    /// </summary>
    public static SafeFileHandle Home(bool ownUserNamespace)
    {
        if (ownUserNamespace && Libc.Unshare(Libc.CLONE_NEWNET) != 0)
            throw Libc.Error("unshare the network");
        return Current();
    }

    /// <summary>The namespace of the calling thread.</summary>
    public static SafeFileHandle Current()
    {
        var fd = Libc.Open("/proc/thread-self/ns/net", Libc.O_RDONLY | Libc.O_CLOEXEC);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Libc.Error("open the network namespace");
    }

    /// <summary>Moves the calling thread. A thread that could not go home would do its next work in a slot: the process ends.</summary>
    public static void Enter(SafeFileHandle target)
    {
        if (Libc.SetNs((int)target.DangerousGetHandle(), Libc.CLONE_NEWNET) != 0)
            Environment.FailFast("A thread could not change its network namespace.");
    }

    public void Dispose()
    {
        Namespace.Dispose();
        Listeners.Dispose();
    }

    // DNS first: questions to a resolver on 127.0.0.1 are meant for us too. What else is loopback stays the tenant's own.
    static string Table(string family, string loopback) =>
        $$"""
        table {{family}} islet {
          chain out {
            type nat hook output priority -100; policy accept;
            udp dport 53 redirect to :{{DnsPort}}
            tcp dport 53 redirect to :{{DnsPort}}
            {{loopback}} return
            meta l4proto tcp redirect to :{{GatewayPort}}
          }
        }

        """;

    static SlotListeners Listen()
    {
        var opened = new List<Socket>();
        try
        {
            Socket Open(IPAddress address, SocketType type, ProtocolType protocol, int port)
            {
                var socket = new Socket(address.AddressFamily, type, protocol);
                opened.Add(socket);
                if (address.AddressFamily == AddressFamily.InterNetworkV6)
                    socket.DualMode = false;
                socket.Bind(new IPEndPoint(address, port));
                if (type == SocketType.Stream)
                    socket.Listen(Backlog);
                return socket;
            }

            IPAddress[] loopbacks = Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
            return new SlotListeners(
                [.. loopbacks.Select(address => Open(address, SocketType.Stream, ProtocolType.Tcp, GatewayPort))],
                [.. loopbacks.Select(address => Open(address, SocketType.Dgram, ProtocolType.Udp, DnsPort))],
                [.. loopbacks.Select(address => Open(address, SocketType.Stream, ProtocolType.Tcp, DnsPort))]);
        }
        catch (SocketException failure)
        {
            opened.ForEach(socket => socket.Dispose());
            throw new IOException($"The slot's listeners could not be opened: {failure.Message}", failure);
        }
    }
}
