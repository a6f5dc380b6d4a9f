using Islet.Contracts;
using Islet.Edge.Forwarding;
using Islet.Edge.Loops;

namespace Islet.Edge.Leasing;

/// <summary>
/// A lease, its links, and how many requests and WebSockets use it. Once retired it takes no new one; the lease goes
/// back when the last has left.
/// </summary>
sealed class LiveIsolate
{
    // uses: the number of users, and this bit once retired. Changed by interlocked operations only.
    const int Retired = 1 << 30;

    readonly IIsolates isolates;
    readonly Action<LiveIsolate> returned;
    int uses;
    int isReturned;

    // -1 until somebody but the idle sweep retires it; written before the bit is set
    int reason = -1;
    long lastUse;
    CancellationTokenRegistration draining;

    public LiveIsolate(IsolateLease lease, HopCounts hops, IIsolates isolates, long now, Action<LiveIsolate> returned)
    {
        (Lease, Hops, this.isolates, lastUse, this.returned) = (lease, hops, isolates, now, returned);
        Links = new LinkPool(lease.SocketPath);
    }

    public IsolateLease Lease { get; }

    public LinkPool Links { get; }

    public HopCounts Hops { get; }

    public bool IsRetired => (Volatile.Read(ref uses) & Retired) != 0;

    /// <summary>Heeds the lease's signals; apart from the constructor because they may fire at once.</summary>
    public void Watch()
    {
        draining = Lease.Draining.UnsafeRegister(static self => ((LiveIsolate)self!).Retire(ShutdownReason.Replaced), this);
        _ = Lease.Ended.ContinueWith(
            static (ended, self) => ((LiveIsolate)self!).Retire(ended.Result.Reason),
            this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>False: retired, look for another. True: pair it with <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if ((Interlocked.Increment(ref uses) & Retired) == 0)
            return true;
        LeaveRetired(Interlocked.Decrement(ref uses));
        return false;
    }

    /// <param name="now">Coarse clock: the idle time counts from here.</param>
    public void Leave(long now)
    {
        Volatile.Write(ref lastUse, now);
        LeaveRetired(Interlocked.Decrement(ref uses));
    }

    /// <summary>No new users. The first reason stays.</summary>
    public void Retire(ShutdownReason why)
    {
        Interlocked.CompareExchange(ref reason, (int)why, -1);
        LeaveRetired(Interlocked.Or(ref uses, Retired) | Retired);
    }

    public void RetireIfIdle(long idleBefore)
    {
        if (Volatile.Read(ref lastUse) < idleBefore && Interlocked.CompareExchange(ref uses, Retired, 0) == 0)
            LeaveRetired(Retired);
    }

    void LeaveRetired(int now)
    {
        if (now != Retired || Interlocked.Exchange(ref isReturned, 1) != 0)
            return;
        draining.Unregister();
        Links.Close();
        var why = Volatile.Read(ref reason);
        isolates.Return(Lease, why < 0 ? ShutdownReason.Idle : (ShutdownReason)why);
        returned(this);
    }
}
