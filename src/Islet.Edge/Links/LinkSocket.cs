using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Islet.Edge.Links;

/// <summary>
/// A connected stream socket of unix(7) with one receiver and one sender at a time. A socket of the runtime waits for both
/// directions at once, and each read of the peer makes it writable: that would wake a relaying thread for nothing, and on the very
/// processor where the isolate has just begun to answer. This one waits only for what it lacks, on a <see cref="LinkThread"/>.
/// </summary>
sealed class LinkSocket : IValueTaskSource<int>, IDisposable
{
    /// <summary>Nobody waits; the receiver waits; nobody waits, and something has come.</summary>
    const int Quiet = 0, Waiting = 1, Rung = 2;

    readonly Socket socket;
    readonly SafeSocketHandle handle;
    readonly LinkThread.Place place;
    ManualResetValueTaskSourceCore<int> received; // goes on inline, as the runtime's do here
    Memory<byte> into;
    int state;
    bool drained; // the last receive took all there was
    volatile bool ended; // but there may be an end, which is told once
    volatile bool closed;
    volatile TaskCompletionSource? writable;

    /// <param name="socket">Belongs to this from here on.</param>
    public LinkSocket(Socket socket)
    {
        (this.socket, handle) = (socket, socket.SafeHandle);
        place = LinkThread.Enter(this, handle);
    }

    /// <returns>Bytes; 0 is the peer's end.</returns>
    /// <exception cref="SocketException">The peer died.</exception>
    /// <exception cref="ObjectDisposedException"/>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        while (true)
        {
            if ((!drained || ended || Volatile.Read(ref state) == Rung) && TryReceive(buffer.Span) is var count and >= 0)
                return new(count);
            into = buffer;
            received.Reset();
            if (Interlocked.CompareExchange(ref state, Waiting, Quiet) != Quiet)
                continue; // rung meanwhile
            if (closed && Interlocked.CompareExchange(ref state, Quiet, Waiting) == Waiting)
                throw Closed();
            return new(this, received.Version);
        }
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="SocketException">The peer died.</exception>
    /// <exception cref="ObjectDisposedException"/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sent = Native.Send(handle, bytes.Span);
        return sent == bytes.Length ? default : SendRestAsync(bytes[sent..]);
    }

    /// <summary>Any thread. Who waits goes on, with an exception, on the pool: the caller may hold a lock.</summary>
    public void Dispose()
    {
        closed = true;
        place.Leave();
        socket.Dispose();
        writable?.TrySetException(Closed());
        if (Interlocked.CompareExchange(ref state, Quiet, Waiting) == Waiting)
            ThreadPool.UnsafeQueueUserWorkItem(static socket => socket.received.SetException(Closed()), this, preferLocal: false);
    }

    /// <summary>What epoll(7) tells. Only on its thread.</summary>
    internal void Ring(uint events)
    {
        if ((events & (Native.Writable | Native.Broken)) != 0)
            writable?.TrySetResult();
        if ((events & (Native.Ended | Native.Broken)) != 0)
            ended = true;
        if ((events & ~Native.Writable) == 0)
            return;
        if (Interlocked.CompareExchange(ref state, Quiet, Waiting) == Waiting)
            Complete();
        else
            Interlocked.CompareExchange(ref state, Rung, Quiet);
    }

    // The receiver's memory is this thread's until it goes on or waits again.
    void Complete()
    {
        int count;
        try
        {
            count = TryReceive(into.Span);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            received.SetException(broken);
            return;
        }
        if (count >= 0)
        {
            received.SetResult(count);
            return;
        }
        Volatile.Write(ref state, Waiting); // nobody else rings
        if (closed && Interlocked.CompareExchange(ref state, Quiet, Waiting) == Waiting)
            received.SetException(Closed());
    }

    // -1: nothing is there. What comes while it looks rings again.
    int TryReceive(Span<byte> buffer)
    {
        Interlocked.CompareExchange(ref state, Quiet, Rung);
        var count = Native.Receive(handle, buffer);
        drained = count < buffer.Length;
        return count;
    }

    async ValueTask SendRestAsync(ReadOnlyMemory<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            var ready = writable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ObjectDisposedException.ThrowIf(closed, this);
            place.Await(handle, writable: true);
            await ready.Task;
            rest = rest[Native.Send(handle, rest.Span)..];
        }
        writable = null;
        place.Await(handle, writable: false);
    }

    static ObjectDisposedException Closed() => new(nameof(LinkSocket));

    int IValueTaskSource<int>.GetResult(short token) => received.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => received.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        received.OnCompleted(continuation, state, token, flags);
}
