using System.Buffers;

namespace Islet.Kv.Connect;

/// <summary>Bytes that are written one after another into one piece of rented memory: values are large, and are copied by collections otherwise.</summary>
sealed class RentedBuffer : IBufferWriter<byte>, IDisposable
{
    const int FirstBytes = 4096;

    byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> this[Range range] => buffer.AsSpan(0, Length)[range];

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return buffer.AsSpan(Length);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    void Grow(int more)
    {
        if (buffer.Length - Length >= Math.Max(more, 1))
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, Length + more));
        buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
