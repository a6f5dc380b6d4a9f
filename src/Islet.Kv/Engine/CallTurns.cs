using Islet.Kv.Wire;

namespace Islet.Kv.Engine;

/// <summary>How many calls of one database, and how many large answers of all, hold memory at once. The others wait unread.</summary>
sealed class CallTurns : IDisposable
{
    public const int Calls = 128;
    const int WideOfOne = 8;
    const int WideOfAll = 16; // an answer is 64 MiB at most

    /// <summary>More entries than these make a read wide.</summary>
    const int Narrow = 16;

    /// <summary>A client has this long to take an answer.</summary>
    public static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(30);

    static readonly SemaphoreSlim WideAll = new(WideOfAll);

    readonly SemaphoreSlim calls = new(Calls);
    readonly SemaphoreSlim wide = new(WideOfOne);

    public async ValueTask<Turn> EnterAsync(CancellationToken cancellation)
    {
        await calls.WaitAsync(cancellation);
        return new(calls, null);
    }

    public async ValueTask<Turn> EnterWideAsync(ReadRange[] ranges, CancellationToken cancellation)
    {
        var entries = 0L;
        foreach (var range in ranges)
            entries += range.Limit;
        if (entries <= Narrow)
            return default;
        await wide.WaitAsync(cancellation);
        try
        {
            await WideAll.WaitAsync(cancellation);
        }
        catch
        {
            wide.Release();
            throw;
        }
        return new(wide, WideAll);
    }

    public void Dispose()
    {
        calls.Dispose();
        wide.Dispose();
    }

    internal readonly struct Turn(SemaphoreSlim? first, SemaphoreSlim? second) : IDisposable
    {
        public void Dispose()
        {
            first?.Release();
            second?.Release();
        }
    }
}
