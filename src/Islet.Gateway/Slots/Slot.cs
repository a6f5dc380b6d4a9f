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
    const int QuestionsPerSecond = 200;
    const int QuestionsAtOnce = 500;

    readonly CancellationTokenSource closing = new();
    readonly SlotListeners listeners;
    readonly TimeProvider time;
    readonly TokenBucket arrivals;
    readonly TokenBucket asked;
    int questions;
    int streams;
    int forgotten;

    // written once, before any code of the deployment runs
    volatile Assignment? assignment;

    public Slot(IsolateId isolate, SlotListeners listeners, TimeProvider time)
    {
        (Isolate, this.listeners, this.time) = (isolate, listeners, time);
        Closing = closing.Token;
        (arrivals, asked) = (new(time), new(time));
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

    /// <summary>False: too many wait. True: pair it with <see cref="EndQuestion"/>.</summary>
    public bool TryBeginQuestion() => TryCount(ref questions, MaxQuestions);

    public void EndQuestion() => Interlocked.Decrement(ref questions);

    /// <summary>A stream of questions; pair it with <see cref="EndStream"/>.</summary>
    public bool TryBeginStream() => TryCount(ref streams, MaxStreams);

    public void EndStream() => Interlocked.Decrement(ref streams);

    /// <summary>
    /// After each message of DNS: completes when the next may be read. What a program sends faster stays with the kernel,
    /// which drops what is too much, and costs nobody else anything.
    /// </summary>
    public ValueTask PaceQuestionsAsync() => WaitAsync(asked.Take(QuestionsPerSecond, QuestionsAtOnce));

    /// <summary>Listeners and connections end now.</summary>
    public void Dispose()
    {
        closing.Cancel();
        listeners.Dispose();
        Connections.Close();
        closing.Dispose();
    }

    /// <summary>
    /// Takes connections until the listener is closed; each is served for itself. No faster than the slot's limit: the others
    /// wait in the kernel's queue, where a flood of them is not our work.
    /// </summary>
    public async Task AcceptAsync(Socket listener, Func<Slot, Socket, Task> serve, TimeSpan pause)
    {
        while (true)
        {
            try
            {
                var accepted = await listener.AcceptAsync(Closing);
                await Task.Yield(); // sockets complete inline, see docs/decisions/0004
                _ = serve(this, accepted);
                if ((assignment?.Spec.Limits ?? ProjectLimits.Default).EgressConnectionsPerSecond is > 0 and var rate)
                    await WaitAsync(arrivals.Take(rate, 2 * rate));
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

    ValueTask WaitAsync(TimeSpan wait) => wait == TimeSpan.Zero ? default : new(Task.Delay(wait, time, Closing));

    static bool TryCount(ref int count, int limit)
    {
        if (Interlocked.Increment(ref count) <= limit)
            return true;
        Interlocked.Decrement(ref count);
        return false;
    }
}
