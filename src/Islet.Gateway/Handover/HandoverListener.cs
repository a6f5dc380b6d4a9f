using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Islet.Gateway.Handover;

/// <summary>Makes connections of a Kestrel from the sockets that are handed to one endpoint.</summary>
sealed class HandoverListener : IConnectionListener
{
    readonly HandoverEndPoint endPoint;
    readonly SocketConnectionContextFactory connections;
    readonly Memory memory;

    public HandoverListener(HandoverEndPoint endPoint, SocketConnectionContextFactory connections, MemoryPool<byte> pool)
    {
        (this.endPoint, this.connections, memory) = (endPoint, connections, new Memory(pool));
        endPoint.Open();
    }

    public EndPoint EndPoint => endPoint;

    /// <summary>Null once unbound.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await endPoint.Waiting.WaitToReadAsync(cancellationToken))
        {
            while (endPoint.Waiting.TryRead(out var handed))
            {
                if (Take(handed.Connection, handed.Caller) is { } connection)
                    return connection;
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        endPoint.Close();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        endPoint.Close();
        connections.Dispose();
        memory.MemoryPool.Dispose();
        return ValueTask.CompletedTask;
    }

    TakenConnection? Take(Socket socket, SlotCaller caller)
    {
        try
        {
            if (socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
                socket.NoDelay = true;
            var port = (socket.RemoteEndPoint as IPEndPoint)?.Port ?? 0;
            var connection = connections.Create(socket);
            connection.Features.Set(caller);

            // The factory can only be given .NET's shared pool, whose answer to a question for any size is an empty
            // block: Kestrel's own layers expect a page.
            connection.Features.Set<IMemoryPoolFeature>(memory);

            // In its namespace every slot is 127.0.0.1, which programs may trust. To who is asked it comes from the
            // address at which it asked, as a call through a router that turns it around would.
            connection.RemoteEndPoint = new IPEndPoint(caller.Destination.Address, port);
            return new TakenConnection(connection, caller, endPoint);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // its other end was gone before it was our turn
            endPoint.Drop(socket, caller);
            return null;
        }
    }

    sealed class Memory(MemoryPool<byte> pool) : IMemoryPoolFeature
    {
        public MemoryPool<byte> MemoryPool => pool;
    }
}
