using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Islet.Kv.Connect;

/// <summary>A request's body in one piece of rented memory.</summary>
sealed class CallBody : IDisposable
{
    const int FirstBytes = 4096;

    byte[] buffer;

    CallBody(byte[] buffer) => this.buffer = buffer;

    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <exception cref="KvException">It is longer than it may be.</exception>
    public static async ValueTask<CallBody> ReadAsync(HttpRequest request, int max, CancellationToken cancellation)
    {
        if (request.ContentLength > max)
            throw TooLong();
        var body = new CallBody(ArrayPool<byte>.Shared.Rent((int)Math.Max(request.ContentLength ?? FirstBytes, 1)));
        try
        {
            var reader = request.BodyReader;
            for (var length = 0; ;)
            {
                var read = await reader.ReadAsync(cancellation);
                if (length + read.Buffer.Length > max)
                    throw TooLong();
                body.Hold(length, (int)read.Buffer.Length);
                read.Buffer.CopyTo(body.buffer.AsSpan(length));
                length += (int)read.Buffer.Length;
                reader.AdvanceTo(read.Buffer.End);
                if (!read.IsCompleted)
                    continue;
                body.Bytes = body.buffer.AsMemory(0, length);
                return body;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        var rented = Interlocked.Exchange(ref buffer!, null);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    static KvException TooLong() => new("The request body is too large.");

    void Hold(int length, int more)
    {
        if (buffer.Length - length >= more)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, length + more));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
