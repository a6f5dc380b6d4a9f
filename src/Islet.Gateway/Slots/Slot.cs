using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Gateway.Policy;

namespace Islet.Gateway.Slots;

/// <summary>One network namespace: its listeners, whose it is, what is open. Nothing of it outlives <see cref="Dispose"/>.</summary>
sealed class Slot : IDisposable
{
    /// <summary>Questions that wait for an answer.</summary>
    public const int MaxQuestions = 64;

    const int MaxStreams = 16;
    const int QuestionsPerSecond = 500;

    readonly CancellationTokenSource closing = new();
    readonly SlotListeners listeners;
    readonly PerSecond pace;
    int questions;
    int streams;
    int forgotten;

    // written once, before any code of the deployment runs
    volatile Assignment? assignment;

    public Slot(IsolateId isolate, SlotListeners listeners, TimeProvider time)
    {
        (Isolate, this.listeners) = (isolate, listeners);
        Closing = closing.Token;
        pace = new(QuestionsPerSecond, time);
    }

    public IsolateId Isolate { get; }

    /// <summary>Null until the slot belongs to a deployment.</summary>
    public Assignment? Assignment => assignment;

    public OpenConnections Connections { get; } = new();

    /// <summary>Cancelled at the end; can be asked behind it too.</summary>
    public CancellationToken Closing { get; }

    public bool IsClosed => Closing.IsCancellationRequested;

    public void Assign(Assignment to) => assignment = to;

    /// <summary>True once, when it had been assigned: the caller gives back what the assignment took.</summary>
    public bool TryForget([NotNullWhen(true)] out Assignment? taken)
    {
        taken = assignment;
        return taken is not null && Interlocked.Exchange(ref forgotten, 1) == 0;
    }

    /// <summary>False: too many wait, or came in this second. True: pair it with <see cref="EndQuestion"/>.</summary>
    public bool TryBeginQuestion() => pace.TryTake() && TryCount(ref questions, MaxQuestions);

    public void EndQuestion() => Interlocked.Decrement(ref questions);

    /// <summary>A stream of questions; pair it with <see cref="EndStream"/>.</summary>
    public bool TryBeginStream() => TryCount(ref streams, MaxStreams);

    public void EndStream() => Interlocked.Decrement(ref streams);

    /// <summary>Listeners and connections end now.</summary>
    public void Dispose()
    {
        closing.Cancel();
        listeners.Dispose();
        Connections.Close();
        closing.Dispose();
    }

    /// <summary>Takes connections until the listener is closed; each is served for itself.</summary>
    public async Task AcceptAsync(Socket listener, Func<Slot, Socket, Task> serve, TimeSpan pause)
    {
        while (true)
        {
            try
            {
                var accepted = await listener.AcceptAsync(Closing);
                await Task.Yield(); // sockets complete inline, see docs/decisions/0004
                _ = serve(this, accepted);
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException || IsClosed)
            {
                return;
            }
            catch (SocketException)
            {
                // no descriptors left, or a connection that died while it waited: the pause keeps this from spinning
                await Task.Delay(pause, CancellationToken.None);
            }
        }
    }

    static bool TryCount(ref int count, int limit)
    {
        if (Interlocked.Increment(ref count) <= limit)
            return true;
        Interlocked.Decrement(ref count);
        return false;
    }
}
