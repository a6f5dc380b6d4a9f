using System.Net.Sockets;
using Islet.Contracts;

namespace Islet.Gateway.Secrets;

/// <summary>The bytes to and from a host, counted for who asked for it.</summary>
sealed class OuterConnection : Stream
{
    readonly NetworkStream stream;
    readonly SlotCaller caller;
    readonly EgressMeter meter;

    OuterConnection(Socket socket, SlotCaller caller, EgressMeter meter) =>
        (stream, this.caller, this.meter) = (new NetworkStream(socket, ownsSocket: true), caller, meter);

    /// <summary>Dials the address that was allowed and no other; a name is not looked up again.</summary>
    public static async ValueTask<Stream> DialAsync(SlotCaller caller, EgressMeter meter, CancellationToken cancellation)
    {
        var socket = meter.NewSocket(caller.Destination.AddressFamily);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(caller.Destination, cancellation);
            await Task.Yield();
            return new OuterConnection(socket, caller, meter);
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

        meter.Count(caller, 0, count);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await stream.WriteAsync(buffer, cancellationToken);
        meter.Count(caller, buffer.Length, 0);
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
