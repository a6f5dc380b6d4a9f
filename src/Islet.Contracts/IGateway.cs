using System.Net.Sockets;

namespace Islet.Contracts;

/// <summary>
/// The only way out of a slot. The slot's network namespace has nothing but <c>lo</c>; every connection in it ends at a
/// listener that was opened inside, so which slot calls is known by the socket and never by a secret. Everything that
/// crosses is an id, an immutable record, or a descriptor that changes its owner.
/// </summary>
public interface IGateway
{
    /// <summary>
    /// Takes over the listeners of a slot that boots. Until <see cref="Assign"/> every connection and question is refused.
    /// </summary>
    void Open(IsolateId isolate, SlotListeners listeners);

    /// <summary>From now on what comes from this slot is this deployment's. Called once, before any of its code runs.</summary>
    void Assign(IsolateId isolate, IsolateSpec spec);

    /// <summary>The program's server listens. Called once, after <see cref="Assign"/>; not at all when it never does.</summary>
    void Serving(IsolateId isolate);

    /// <summary>The slot is gone: its listeners and connections are closed. Does nothing for an unknown one.</summary>
    void Close(IsolateId isolate);
}

/// <summary>
/// Listening sockets inside one network namespace. While one of them is open the namespace lives.
/// </summary>
/// <param name="Tcp">
/// Streams, IPv4 and IPv6: where each was really meant to go is <c>SO_ORIGINAL_DST</c> of the accepted socket.
/// </param>
/// <param name="DnsUdp">Bound datagram sockets, IPv4 and IPv6: DNS questions (RFC 1035).</param>
/// <param name="DnsTcp">Streams, IPv4 and IPv6: DNS over TCP (RFC 7766), several questions on one connection.</param>
public sealed record SlotListeners(IReadOnlyList<Socket> Tcp, IReadOnlyList<Socket> DnsUdp, IReadOnlyList<Socket> DnsTcp) : IDisposable
{
    public void Dispose()
    {
        foreach (var socket in (Socket[])[.. Tcp, .. DnsUdp, .. DnsTcp])
            socket.Dispose();
    }
}
