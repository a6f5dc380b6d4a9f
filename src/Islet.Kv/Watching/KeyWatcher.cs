namespace Islet.Kv.Watching;

/// <summary>One stream that waits for changes of its keys. Changes that come while it is busy are one.</summary>
sealed class KeyWatcher(IReadOnlyList<ReadOnlyMemory<byte>> keys, KeyWatchers all) : IDisposable
{
    readonly SemaphoreSlim rung = new(0, 1);
    readonly CancellationTokenSource ended = new();

    public IReadOnlyList<ReadOnlyMemory<byte>> Keys => keys;

    public CancellationToken Ended => ended.Token;

    public void Ring()
    {
        try
        {
            rung.Release();
        }
        catch (SemaphoreFullException)
        {
            // it has not looked yet since the last one
        }
    }

    public void End() => ended.Cancel();

    /// <summary>False: nothing happened within the time.</summary>
    public Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellation) => rung.WaitAsync(limit, cancellation);

    public void Dispose()
    {
        all.Remove(this);
        // neither is disposed: a writer may ring still, and neither holds more than memory
    }
}
