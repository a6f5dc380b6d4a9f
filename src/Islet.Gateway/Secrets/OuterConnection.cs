using System.Net;
using System.Net.Sockets;

namespace Islet.Gateway.Secrets;

/// <summary>The bytes to and from a host, counted for who asked for it.</summary>
sealed class OuterConnection : Stream
{
    readonly NetworkStream stream;
    readonly Upstream counter;

    OuterConnection(Socket socket, Upstream counter) => (stream, this.counter) = (new NetworkStream(socket, ownsSocket: true), counter);

    /// <summary>Dials the address that was allowed and no other; a name is not looked up again.</summary>
    public static async ValueTask<Stream> DialAsync(IPEndPoint destination, Func<AddressFamily, Socket> newSocket, Upstream counter, CancellationToken cancellation)
    {
        var socket = newSocket(destination.AddressFamily);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(destination, cancellation);
            await Task.Yield();
            return new OuterConnection(socket, counter);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>What follows, TLS among it, runs on the thread pool and not on the thread of the socket, see docs/decisions/0004.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var receive = stream.ReadAsync(buffer, cancellationToken);
        int count;
        if (receive.IsCompletedSuccessfully)
        {
            count = receive.Result;
        }
        else
        {
            count = await receive;
            await Task.Yield();
        }

        counter.Count(0, count);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await stream.WriteAsync(buffer, cancellationToken);
        counter.Count(buffer.Length, 0);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
        // a socket keeps nothing back
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            stream.Dispose();
        base.Dispose(disposing);
    }
}
