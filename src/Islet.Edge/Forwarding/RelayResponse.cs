using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Islet.Edge.Forwarding;

/// <summary>How a body's relay ended.</summary>
enum BodyEnd
{
    /// <summary>Complete; the link stands exactly behind it.</summary>
    Clean,

    /// <summary>Complete, but the link cannot carry another exchange.</summary>
    CleanLast,

    ClientGone,
}

/// <summary>
/// Carries the isolate's body to the visitor. Each piece is flushed as it comes, and the next is read when the visitor
/// has taken it. An end that the framing did not announce is an <see cref="IsolateProtocolException"/>.
/// </summary>
static class RelayResponse
{
    const int LargeBuffer = 64 * 1024;

    /// <summary>A body that is never short of bytes gives its thread back after so many pieces: it relays others, too.</summary>
    const int Burst = 4;

    public static ValueTask<BodyEnd> RunAsync(IsolateLink link, HttpContext context)
    {
        var head = link.Head;
        if (!HasBody(context.Request.Method, head))
            return new(End(link, head));
        if (head.Status == 205)
            return new(BodyEnd.CleanLast); // has no content by definition (RFC 9110 section 15.3.6)
        if (head.Chunked)
            return ChunkedAsync(link, context);
        return head.ContentLength >= 0
            ? CountedAsync(link, context, head.ContentLength)
            : UntilCloseAsync(link, context);
    }

    /// <summary>RFC 9112 section 6.3, rules 1 and 2.</summary>
    static bool HasBody(string method, ResponseHead head) => head.Status is not (204 or 304) && !HttpMethods.IsHead(method);

    static BodyEnd End(IsolateLink link, ResponseHead head) => head.Close || !link.Unread.IsEmpty ? BodyEnd.CleanLast : BodyEnd.Clean;

    static ValueTask<BodyEnd> CountedAsync(IsolateLink link, HttpContext context, long remaining)
    {
        var writer = context.Response.BodyWriter;
        var here = (int)Math.Min(link.Unread.Length, remaining);
        if (here > 0)
            writer.Write(link.Unread[..here]);
        link.Consume(here);
        remaining -= here;

        // Whole and small: Kestrel sends it together with the head when the request ends, in one call.
        return remaining == 0 ? new(End(link, link.Head)) : CountedRestAsync(link, writer, remaining);
    }

    static async ValueTask<BodyEnd> CountedRestAsync(IsolateLink link, PipeWriter writer, long remaining)
    {
        if (!await FlushAsync(writer))
            return BodyEnd.ClientGone;
        byte[]? large = null;
        try
        {
            var buffer = link.EmptyReceiveBuffer;
            for (var piece = 1; remaining > 0; piece++)
            {
                if (piece % Burst == 0)
                    await Task.Yield();
                var into = buffer.Length > remaining ? buffer[..(int)remaining] : buffer;
                var count = await link.ReceiveAsync(into);
                if (count == 0)
                    throw new IsolateProtocolException("The body is shorter than announced.");
                link.Took(count);
                remaining -= count;
                if (!IsTaken(await writer.WriteAsync(into[..count])))
                    return BodyEnd.ClientGone;
                if (count == buffer.Length && large is null)
                    buffer = large = ArrayPool<byte>.Shared.Rent(LargeBuffer);
            }
        }
        finally
        {
            if (large is not null)
                ArrayPool<byte>.Shared.Return(large);
        }

        return End(link, link.Head);
    }

    static async ValueTask<BodyEnd> UntilCloseAsync(IsolateLink link, HttpContext context)
    {
        var writer = context.Response.BodyWriter;
        var here = link.Unread.Length;
        if (!IsTaken(await writer.WriteAsync(link.UnreadMemory)))
            return BodyEnd.ClientGone;
        link.Consume(here);
        var buffer = link.EmptyReceiveBuffer;
        for (var piece = 1; ; piece++)
        {
            if (piece % Burst == 0)
                await Task.Yield();
            var count = await link.ReceiveAsync(buffer);
            if (count == 0)
                return BodyEnd.CleanLast;
            link.Took(count);
            if (!IsTaken(await writer.WriteAsync(buffer[..count])))
                return BodyEnd.ClientGone;
        }
    }

    static async ValueTask<BodyEnd> ChunkedAsync(IsolateLink link, HttpContext context)
    {
        var writer = context.Response.BodyWriter;
        var chunks = new ChunkedBody();
        byte[]? large = null;
        try
        {
            var taken = WritePieces(ref chunks, link.Unread, writer);
            link.Consume(taken);
            var buffer = link.EmptyReceiveBuffer;
            for (var piece = 1; !chunks.Done; piece++)
            {
                if (!await FlushAsync(writer))
                    return BodyEnd.ClientGone;
                if (piece % Burst == 0)
                    await Task.Yield();
                var count = await link.ReceiveAsync(buffer);
                if (count == 0)
                    throw new IsolateProtocolException("The body ends inside a chunk.");
                link.Took(count);
                taken = WritePieces(ref chunks, buffer.Span[..count], writer);
                if (taken < count)
                    return await FlushAsync(writer) ? BodyEnd.CleanLast : BodyEnd.ClientGone;
                if (count == buffer.Length && large is null)
                    buffer = large = ArrayPool<byte>.Shared.Rent(LargeBuffer);
            }
        }
        finally
        {
            if (large is not null)
                ArrayPool<byte>.Shared.Return(large);
        }

        if (!chunks.Trailer.IsEmpty)
            ResponseFields.ApplyTrailer(chunks.Trailer, link, context.Response);
        return context.Response.HasStarted && !await FlushAsync(writer) ? BodyEnd.ClientGone : End(link, link.Head);
    }

    static int WritePieces(ref ChunkedBody chunks, ReadOnlySpan<byte> bytes, PipeWriter writer)
    {
        var at = 0;
        while (at < bytes.Length && !chunks.Done)
        {
            var taken = chunks.Take(bytes[at..], out var data);
            at += taken;
            if (data > 0)
                writer.Write(bytes.Slice(at - data, data));
        }

        return at;
    }

    static async ValueTask<bool> FlushAsync(PipeWriter writer) => IsTaken(await writer.FlushAsync());

    static bool IsTaken(FlushResult result) => !result.IsCompleted && !result.IsCanceled;
}
