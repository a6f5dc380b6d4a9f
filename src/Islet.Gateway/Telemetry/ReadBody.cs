using System.Buffers;

namespace Islet.Gateway.Telemetry;

/// <summary>Reads bodies whose size the server bounds. Memory grows with what has come, not with what was announced.</summary>
static class ReadBody
{
    const int First = 16 << 10;

    public static async Task<RentedBytes> ToEndAsync(Stream body, CancellationToken cancellation)
    {
        var read = new RentedBytes(First);
        try
        {
            while (await body.ReadAsync(read.Free(), cancellation) is var count and > 0)
                read.Advance(count);
            return read;
        }
        catch
        {
            read.Dispose();
            throw;
        }
    }

    public static async Task DiscardAsync(Stream body, SlotBudgets.Turn turn, CancellationToken cancellation)
    {
        using var buffer = new RentedBytes(First);
        while (await body.ReadAsync(buffer.Free(), cancellation) is var count and > 0)
            turn.Add(count);
    }
}

/// <summary>Bytes in an array of the pool, which is given back once.</summary>
sealed class RentedBytes(int size) : IDisposable
{
    byte[] array = ArrayPool<byte>.Shared.Rent(size);
    int used;

    public ReadOnlyMemory<byte> Bytes => array.AsMemory(0, used);

    /// <summary>Room for more, at least one byte.</summary>
    public Memory<byte> Free()
    {
        if (used == array.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(array.Length * 2);
            array.CopyTo(larger, 0);
            ArrayPool<byte>.Shared.Return(array);
            array = larger;
        }
        return array.AsMemory(used);
    }

    public void Advance(int count) => used += count;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(array);
        array = [];
        used = 0;
    }
}
