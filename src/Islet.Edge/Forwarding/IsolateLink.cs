using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Islet.Edge.Links;

namespace Islet.Edge.Forwarding;

/// <summary>Why a link was closed under a running exchange.</summary>
enum LinkEnd
{
    Open,
    Done,
    ClientGone,
    TimedOut,
    UploadFailed,
}

/// <summary>Bytes to and from an isolate, heads included.</summary>
readonly record struct LinkTraffic(long Sent, long Received)
{
    public LinkTraffic Plus(LinkTraffic other) => new(Sent + other.Sent, Received + other.Received);
}

/// <summary>
/// One connection to an isolate. Between rent and return it belongs to one exchange; only <see cref="Close"/> and
/// <see cref="ExpireIfDue"/> may be called from elsewhere. Its arrays are pinned and live as long as it does.
/// </summary>
/// <param name="socket">Belongs to it from here on.</param>
sealed class IsolateLink(LinkSocket socket)
{
    public const int BufferSize = 16 * 1024;
    const int MaxHeadSize = 64 * 1024;

    int ended;
    long deadline;
    byte[] received = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);
    int start;
    int end;
    ValueTask<int> primed;
    bool isPrimed;

    // each has one writer at a time: what sends, and what receives
    long sent;
    long taken;

    /// <summary>Where the request's head is written; grows with a long head.</summary>
    public byte[] SendBuffer { get; private set; } = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);

    public ResponseHead Head { get; } = new();

    public UploadBody Upload { get; } = new();

    /// <summary>An exchange ended well on it, so a silent death may be the peer's idle close.</summary>
    public bool Reused { get; set; }

    /// <summary>Coarse clock, set when it goes to the pool.</summary>
    public long IdleSince { get; set; }

    /// <summary>Bytes so far. Plain counts of the exchange that has it; others read them a moment late.</summary>
    public LinkTraffic Traffic => new(Volatile.Read(ref sent), Volatile.Read(ref taken));

    public LinkEnd End => (LinkEnd)Volatile.Read(ref ended);

    /// <summary>Received and not consumed.</summary>
    public ReadOnlySpan<byte> Unread => received.AsSpan(start, end - start);

    public ReadOnlyMemory<byte> UnreadMemory => received.AsMemory(start, end - start);

    public void Consume(int count) => start += count;

    /// <summary>Coarse clock time at which the exchange is cut; 0 is never.</summary>
    public void SetDeadline(long value) => Volatile.Write(ref deadline, value);

    /// <summary>Moves a deadline that is set: the visitor's body is still on its way.</summary>
    public void ExtendDeadline(long value)
    {
        var present = Volatile.Read(ref deadline);
        if (present != 0)
            Interlocked.CompareExchange(ref deadline, value, present);
    }

    /// <summary>
    /// Called by the sweep for all links. A deadline of a later exchange is always later than <paramref name="now"/>,
    /// so what is due here was set by the exchange that still runs, or has just ended and then finds the link closed.
    /// </summary>
    public void ExpireIfDue(long now)
    {
        var due = Volatile.Read(ref deadline);
        if (due != 0 && due <= now && Interlocked.CompareExchange(ref deadline, 0, due) == due)
            Close(LinkEnd.TimedOut);
    }

    /// <summary>Any thread; the first reason stays. Wakes whoever waits in send or receive with an exception.</summary>
    public void Close(LinkEnd reason)
    {
        if (Interlocked.CompareExchange(ref ended, (int)reason, (int)LinkEnd.Open) == (int)LinkEnd.Open)
            socket.Dispose();
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        sent += bytes.Length;
        return socket.SendAsync(bytes);
    }

    /// <summary>Past the buffer, straight to the caller's, who tells <see cref="Took"/>; only when <see cref="Unread"/> is empty.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> into) => socket.ReceiveAsync(into);

    /// <summary>
    /// Goes to the pool with its next receive posted: that costs no call more, and what comes before a request was
    /// sent, an end or bytes nobody asked for, shows at the next rent.
    /// </summary>
    public void Prime()
    {
#pragma warning disable CA2012 // awaited once, by the next ReceiveAsync; before, only IsCompleted is asked
        primed = ReceiveAsync();
#pragma warning restore CA2012
        isPrimed = true;
    }

    /// <summary>Of an idle link: the peer has closed, or sent what no request asked for.</summary>
    public bool IsDead => End != LinkEnd.Open || (isPrimed && primed.IsCompleted);

    /// <summary>Appends to <see cref="Unread"/>; 0 is the peer's end. A head that outgrows the limit is a protocol error.</summary>
    public ValueTask<int> ReceiveAsync()
    {
        if (isPrimed)
        {
            isPrimed = false;
            return primed;
        }

        if (start == end)
            start = end = 0;
        else if (end == received.Length)
            MakeRoom();
        return socket.ReceiveAsync(received.AsMemory(end));
    }

    /// <summary>Tells how many bytes <see cref="ReceiveAsync()"/> brought.</summary>
    public void Received(int count)
    {
        end += count;
        taken += count;
    }

    /// <summary>Tells how many bytes <see cref="ReceiveAsync(Memory{byte})"/> brought.</summary>
    public void Took(int count) => taken += count;

    /// <summary>The array for bodies while nothing is unread: no other memory is held while a stream is silent.</summary>
    public Memory<byte> EmptyReceiveBuffer => received;

    public void GrowSendBuffer(int used, int more)
    {
        var grown = GC.AllocateUninitializedArray<byte>(Math.Max(SendBuffer.Length * 2, used + more), pinned: true);
        SendBuffer.AsSpan(0, used).CopyTo(grown);
        SendBuffer = grown;
    }

    /// <summary>What the socket calls throw when the peer died or <see cref="Close"/> was called.</summary>
    public static bool IsBroken(Exception e) => e is SocketException or ObjectDisposedException;

    void MakeRoom()
    {
        var length = end - start;
        if (start > 0)
        {
            received.AsSpan(start, length).CopyTo(received);
        }
        else
        {
            if (received.Length >= MaxHeadSize)
                ThrowTooLong();
            var grown = GC.AllocateUninitializedArray<byte>(received.Length * 2, pinned: true);
            received.AsSpan(0, length).CopyTo(grown);
            received = grown;
        }

        (start, end) = (0, length);
    }

    [DoesNotReturn]
    static void ThrowTooLong() => throw new IsolateProtocolException("The head is too long.");
}
