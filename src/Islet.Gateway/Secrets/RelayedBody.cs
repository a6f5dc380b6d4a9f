using System.Net;
using Microsoft.AspNetCore.Http;

namespace Islet.Gateway.Secrets;

/// <summary>A request's body on its way: each piece goes on as it comes. It can be sent once.</summary>
sealed class RelayedBody : HttpContent
{
    readonly HttpRequest request;
    bool sent;

    public RelayedBody(HttpRequest request)
    {
        this.request = request;
        if (request.ContentLength is { } length)
            Headers.ContentLength = length;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (sent)
            throw new IOException("The body was sent already."); // and the connection it went on had died in the pool
        sent = true;

        // The head first: a program may wait for an answer before it says more.
        await stream.FlushAsync(cancellationToken);
        var buffer = new byte[16 * 1024];
        while (await request.Body.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = request.ContentLength ?? -1;
        return length >= 0;
    }
}
