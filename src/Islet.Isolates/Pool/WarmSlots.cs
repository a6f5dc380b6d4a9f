using Islet.Isolates.Starting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Pool;

/// <summary>
/// Keeps slots booted ahead of need. State is under one short lock; booting happens outside of it. Whoever comes while
/// none is warm waits for the next boot, first come first served.
/// </summary>
internal sealed partial class WarmSlots(IOptions<IsolatesOptions> options, BootSlot boot, EndSlot end, TimeProvider time, ILogger<WarmSlots> logger) : IDisposable
{
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    static readonly int MostBootsAtOnce = Math.Max(2, Environment.ProcessorCount);

    readonly Lock guard = new();
    readonly List<Slot> warm = [];
    readonly Queue<TaskCompletionSource<Slot>> waiting = new();
    readonly CancellationTokenSource stopping = new();
    int booting;
    int failures; // in a row
    bool stopped;

    /// <summary>Begins to fill the pool.</summary>
    public void Start() => Refill();

    /// <summary>
    /// While others are warm, the taken one is not replaced before <see cref="Replenish"/>: a boot beside the start that
    /// a visitor waits for would take its processor.
    /// </summary>
    /// <exception cref="SlotBootException">Slots do not boot at present.</exception>
    public Task<Slot> TakeAsync()
    {
        TaskCompletionSource<Slot> waiter;
        lock (guard)
        {
            ObjectDisposedException.ThrowIf(stopped, this);
            if (warm.Count > 0)
            {
                var slot = warm[0];
                warm.RemoveAt(0);
                if (warm.Count == 0)
                    _ = Task.Run(Refill); // off the request path
                return Task.FromResult(slot);
            }
            waiter = new TaskCompletionSource<Slot>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(waiter);
        }
        Refill();
        return waiter.Task;
    }

    /// <summary>The start that took a slot is over.</summary>
    public void Replenish() => Refill();

    public async Task StopAsync()
    {
        List<Slot> left;
        lock (guard)
        {
            stopped = true;
            left = [.. warm];
            warm.Clear();
        }
        await stopping.CancelAsync();
        await Task.WhenAll(left.Select(slot => end.RunAsync(slot, TimeSpan.Zero)));
        while (true)
        {
            lock (guard)
            {
                if (booting == 0)
                    return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    public void Dispose() => stopping.Dispose();

    void Refill()
    {
        lock (guard)
        {
            while (!stopped && booting < MostBootsAtOnce && warm.Count + booting < options.Value.WarmSlots + waiting.Count)
            {
                booting++;
                _ = Task.Run(BootAsync);
            }
        }
    }

    async Task BootAsync()
    {
        try
        {
            await PauseAsync();
            var slot = await boot.RunAsync(stopping.Token);
            if (!Hand(slot))
                await end.RunAsync(slot, TimeSpan.Zero);
            else
                _ = WatchAsync(slot);
        }
        catch (OperationCanceledException)
        {
            Fail(new SlotBootException("The server stops."));
        }
        catch (Exception failure)
        {
            Log.BootFailed(logger, failure.Message);
            Fail(failure);
        }
        finally
        {
            lock (guard)
                booting--;
            Refill();
        }
    }

    // 0.1 s, 0.2 s, 0.4 s … after boots that failed, so that a broken machine is not kept busy with it.
    Task PauseAsync()
    {
        var count = Volatile.Read(ref failures);
        if (count == 0)
            return Task.CompletedTask;
        var pause = TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(count - 1, 10)));
        return Task.Delay(pause < LongestPause ? pause : LongestPause, time, stopping.Token);
    }

    bool Hand(Slot slot)
    {
        lock (guard)
        {
            failures = 0;
            if (stopped)
                return false;
            if (waiting.TryDequeue(out var waiter))
                waiter.SetResult(slot);
            else
                warm.Add(slot);
            return true;
        }
    }

    // Everybody who waits is told: a caller must not hang while slots cannot boot.
    void Fail(Exception failure)
    {
        lock (guard)
        {
            failures++;
            while (waiting.TryDequeue(out var waiter))
                waiter.SetException(failure);
        }
    }

    async Task WatchAsync(Slot slot)
    {
        var (code, _) = await slot.Process.Exited;
        lock (guard)
        {
            if (!warm.Remove(slot))
                return; // taken meanwhile: its supervisor sees to it
            failures++;
        }
        Log.Died(logger, slot.Id.Value, code);
        await end.RunAsync(slot, TimeSpan.Zero);
        Refill();
    }

    static partial class Log
    {
        [LoggerMessage(4010, LogLevel.Error, "A slot did not boot: {Reason}")]
        public static partial void BootFailed(ILogger logger, string reason);

        [LoggerMessage(4011, LogLevel.Warning, "Warm slot {Slot} ended with {Code} before it was used")]
        public static partial void Died(ILogger logger, long slot, int code);
    }
}
