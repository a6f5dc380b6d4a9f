using System.Buffers;
using System.IO.Pipelines;
using Islet.Edge.Leasing;
using Microsoft.AspNetCore.Http;

namespace Islet.Edge.Forwarding;

/// <summary>
/// Carries a request's body to the isolate: exactly content-length bytes, or chunks framed anew. One per link, set
/// anew by each exchange. Reads the visitor only after the isolate took the piece before, so nothing piles up.
/// </summary>
sealed class UploadBody
{
    const int RelaySize = 64 * 1024;

    // "10000\r\n" before and "\r\n" after a piece of at most 64 KiB
    const int ChunkHead = 7;
    const int ChunkTail = 2;

    static readonly TimeSpan LastPieceGrace = TimeSpan.FromMilliseconds(50);

    IsolateLink link = null!;
    LiveDeployments clock = null!;
    TimeSpan? timeout;
    PipeReader reader = null!;
    long remaining;
    bool chunked;

    // written by the upload and by StopAsync, read by the other
    volatile bool stopping;
    volatile bool reading;
    volatile bool lastPieceTaken;

    /// <summary>The visitor's failure that ended the exchange, when the link's end is <see cref="LinkEnd.UploadFailed"/>.</summary>
    public ForwardingError Error { get; private set; }

    /// <summary>All bytes, and the last chunk, were sent.</summary>
    public bool Complete { get; private set; }

    /// <param name="length">Null: unknown, so chunked.</param>
    /// <param name="pieceTimeout">
    /// The program has this long from each piece, since it cannot be expected to answer before it has all;
    /// null: the deadline stays as it is.
    /// </param>
    public void Begin(IsolateLink onto, PipeReader from, long? length, LiveDeployments coarse, TimeSpan? pieceTimeout)
    {
        (clock, timeout) = (coarse, pieceTimeout);
        (link, reader, remaining, chunked) = (onto, from, length ?? 0, length is null);
        (Error, Complete, stopping) = (ForwardingError.None, length == 0, false);
        lastPieceTaken = Complete;
    }

    /// <summary>Puts what has arrived already behind the head in the send buffer. Returns the bytes to send.</summary>
    public int TakeWhatIsHere(int head)
    {
        var room = link.SendBuffer.Length - head;
        if (chunked || room < 512 || !reader.TryRead(out var result))
            return head;
        var take = result.Buffer.Slice(0, Math.Min(Math.Min(result.Buffer.Length, remaining), room));
        take.CopyTo(link.SendBuffer.AsSpan(head));
        var length = (int)take.Length;
        reader.AdvanceTo(take.End);
        remaining -= length;
        Complete = remaining == 0;
        return head + length;
    }

    /// <summary>Never throws: a failure of the visitor closes the link, so that whoever waits for the answer wakes.</summary>
    public async Task RunAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(RelaySize);
        try
        {
            while (!Complete && !stopping)
            {
                reading = true;
                var result = await reader.ReadAsync();
                reading = false;
                var piece = Pack(result.Buffer, buffer, out var consumed);
                var last = result.IsCompleted && consumed.Equals(result.Buffer.End);
                reader.AdvanceTo(consumed);
                if (timeout is { } more)
                    link.ExtendDeadline(clock.After(more));
                lastPieceTaken = last || (!chunked && remaining == 0);
                if (piece.Length > 0)
                    await link.SendAsync(piece);
                if (chunked && last)
                {
                    await link.SendAsync(LastChunk);
                    Complete = true;
                }
                else if (!chunked)
                {
                    Complete = remaining == 0;
                    if (last && !Complete)
                        Fail(ForwardingError.BadRequest);
                    if (last)
                        return;
                }
            }
        }
        catch (Exception e) when (IsolateLink.IsBroken(e))
        {
            // The isolate reads no more. Its answer may be complete nevertheless; the download tells.
        }
        catch (BadHttpRequestException e)
        {
            Fail(ErrorOf(e));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // what Kestrel throws when the connection or stream was reset or aborted
            Fail(ForwardingError.ClientGone);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// The answer is over before the body is. One that was all taken from the visitor has a moment to leave; else the
    /// isolate does not want it, and the link is closed. Kestrel reads or cuts what the visitor still sends.
    /// </summary>
    public async Task StopAsync(Task upload)
    {
        if (lastPieceTaken)
            await Task.WhenAny(upload, Task.Delay(LastPieceGrace));
        if (!upload.IsCompleted)
        {
            stopping = true;
            link.Close(LinkEnd.Done);
            if (reading)
                reader.CancelPendingRead();
        }

        await upload;
    }

    /// <summary>What Kestrel found wrong with a visitor's body.</summary>
    public static ForwardingError ErrorOf(BadHttpRequestException e) => e.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => ForwardingError.BodyTooLarge,
        StatusCodes.Status408RequestTimeout => ForwardingError.BodyTimeout,
        _ => ForwardingError.BadRequest,
    };

    static ReadOnlyMemory<byte> LastChunk { get; } = "0\r\n\r\n"u8.ToArray();

    ReadOnlyMemory<byte> Pack(in ReadOnlySequence<byte> bytes, byte[] buffer, out SequencePosition consumed)
    {
        var limit = chunked ? RelaySize - ChunkHead - ChunkTail : Math.Min(RelaySize, remaining);
        var take = bytes.Slice(0, Math.Min(bytes.Length, limit));
        var length = (int)take.Length;
        consumed = take.End;
        if (length == 0)
            return default;
        if (!chunked)
        {
            take.CopyTo(buffer);
            remaining -= length;
            return buffer.AsMemory(0, length);
        }

        length.TryFormat(buffer, out _, "x5", null);
        "\r\n"u8.CopyTo(buffer.AsSpan(ChunkHead - 2));
        take.CopyTo(buffer.AsSpan(ChunkHead));
        "\r\n"u8.CopyTo(buffer.AsSpan(ChunkHead + length));
        return buffer.AsMemory(0, ChunkHead + length + ChunkTail);
    }

    void Fail(ForwardingError error)
    {
        Error = error;
        link.Close(LinkEnd.UploadFailed);
    }
}
