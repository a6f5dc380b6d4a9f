using System.Collections.Concurrent;
using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.Kv.Queues;

/// <summary>A program that listens, by one stream. What it has is counted here; nothing of it is lost when the stream breaks.</summary>
sealed class QueueListener(SlotCaller caller, QueuePump pump) : IAsyncDisposable
{
    /// <summary>Handlers of one isolate at once.</summary>
    public const int AtOnce = 100;

    readonly Channel<QueuedMessage> messages = Channel.CreateUnbounded<QueuedMessage>(); // at most AtOnce are given
    readonly ConcurrentDictionary<long, QueuedMessage> running = new();
    Visit? visit;

    public SlotCaller Caller => caller;

    public ChannelReader<QueuedMessage> Messages => messages.Reader;

    public ICollection<QueuedMessage> Running => running.Values;

    public int Free => AtOnce - running.Count;

    /// <summary>Only the pump gives.</summary>
    public void Give(QueuedMessage message)
    {
        running[message.Id] = message;
        messages.Writer.TryWrite(message);
    }

    public bool TryTake(long id, out QueuedMessage message) => running.TryRemove(id, out message!);

    /// <summary>While it has messages its isolate is not idle.</summary>
    public async ValueTask StayAsync(IQueueListeners listeners, CancellationToken cancellation)
    {
        if (running.IsEmpty)
            Leave();
        else if (visit is null)
            visit = await listeners.StayAsync(caller.Deployment, cancellation);
    }

    public void Leave() => Interlocked.Exchange(ref visit, null)?.Dispose();

    /// <summary>The end of its messages' stream.</summary>
    public void End() => messages.Writer.TryComplete();

    public ValueTask DisposeAsync() => pump.RemoveAsync(this);
}
