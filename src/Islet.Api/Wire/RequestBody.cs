using System.Buffers;
using System.IO.MemoryMappedFiles;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Islet.Api.Wire;

/// <summary>
/// A whole request body, read once and looked at in place: small ones in memory, large ones in a file without a name that
/// is mapped, so that an upload costs page cache and not heap.
/// </summary>
sealed class RequestBody : IDisposable
{
    const int InMemory = 1 << 20;
    const int CopyBuffer = 128 * 1024;

    readonly IDisposable? owner;

    RequestBody(ReadOnlyMemory<byte> bytes, IDisposable? owner) => (Bytes, this.owner) = (bytes, owner);

    /// <summary>Valid until disposed.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    public static async Task<RequestBody> ReadAsync(HttpRequest request, int limit, string spoolDirectory, CancellationToken cancellation)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
            throw new WireException("Content-Encoding", "must not be set: the body is read as it comes");
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = null; // the bound is here; with one there the connection would be cut under the refusal
        if (request.ContentLength > limit)
            throw TooLarge(limit);

        var first = ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength ?? CopyBuffer, InMemory) + 1);
        var read = 0;
        try
        {
            while (await request.Body.ReadAsync(first.AsMemory(read), cancellation) is > 0 and var count)
            {
                read += count;
                if (read < first.Length)
                    continue;
                if (first.Length > InMemory)
                    return await SpoolAsync(request.Body, first.AsMemory(0, read), limit, spoolDirectory, cancellation);
                first = Grow(first, read);
            }
            if (read > limit)
                throw TooLarge(limit);
            return new(first.AsSpan(0, read).ToArray(), owner: null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }
    }

    public void Dispose() => owner?.Dispose();

    static byte[] Grow(byte[] full, int used)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }

    static async Task<RequestBody> SpoolAsync(
        Stream rest, ReadOnlyMemory<byte> begun, int limit, string spoolDirectory, CancellationToken cancellation)
    {
        var path = Path.Combine(spoolDirectory, Path.GetRandomFileName());
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBuffer);
        try
        {
            File.Delete(path); // the open file is enough, and nothing is left behind by a crash
            await file.WriteAsync(begun, cancellation);
            while (await rest.ReadAsync(buffer, cancellation) is > 0 and var count)
            {
                if (file.Position + count > limit)
                    throw TooLarge(limit);
                await file.WriteAsync(buffer.AsMemory(0, count), cancellation);
            }
            var mapped = new MappedFile(file);
            return new(mapped.Memory, mapped);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static WireException TooLarge(int limit) =>
        new(new Refusal(RefusalCode.BadRequest, $"The body must not be larger than {limit} bytes"));

    /// <summary>A file that nobody else can change or cut, seen as memory.</summary>
    sealed unsafe class MappedFile : MemoryManager<byte>
    {
        readonly MemoryMappedFile mapping;
        readonly MemoryMappedViewAccessor view;
        readonly byte* start;
        readonly int length;

        public MappedFile(FileStream file)
        {
            length = (int)file.Length;
            mapping = MemoryMappedFile.CreateFromFile(file, mapName: null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        }

        public override Span<byte> GetSpan() => new(start, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

        public override void Unpin()
        {
            // mapped memory does not move
        }

        protected override void Dispose(bool disposing)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            mapping.Dispose();
        }
    }
}
