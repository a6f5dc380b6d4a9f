using Islet.Contracts;
using Islet.Edge.Counting;
using Islet.Edge.Forwarding;
using Islet.Edge.Loops;
using Islet.Edge.Watching;

namespace Islet.Edge.Leasing;

/// <summary>
/// A lease, its links, and how many requests and WebSockets use it. Once retired it takes no new one; the lease goes
/// back when the last has left.
/// </summary>
sealed class LiveIsolate
{
    // state: in its low half the number of users, and this bit once retired; in its high half how many have entered, for the
    // watch. One number, so that a request changes it by one interlocked operation at its begin and one at its end.
    const long Retired = 1 << 30;
    const long Entry = (1L << 32) + 1;

    readonly LiveDeployment deployment;
    readonly IIsolates isolates;
    readonly WatchIsolates watch;
    readonly IUsageSink usage;
    readonly IsolateMeter meter;
    readonly Action<LiveIsolate> returned;
    long state;
    int isWatched;
    int isReturned;

    // -1 until somebody but the idle sweep retires it; written before the bit is set
    int reason = -1;

    // -1 until the watch has it killed
    int condemned = -1;
    long lastUse;
    CancellationTokenRegistration draining;

    public LiveIsolate(
        IsolateLease lease, HopCounts hops, LiveDeployment deployment, IIsolates isolates, WatchIsolates watch, IUsageSink usage, TimeProvider time, long now,
        Action<LiveIsolate> returned)
    {
        (Lease, Hops, this.deployment, this.isolates, this.watch, this.usage, lastUse, this.returned) = (lease, hops, deployment, isolates, watch, usage, now, returned);
        Links = new LinkPool(lease.SocketPath);
        meter = new IsolateMeter(lease, Links, deployment.Organization, deployment.Project, time);
    }

    public IsolateLease Lease { get; }

    public LinkPool Links { get; }

    public HopCounts Hops { get; }

    /// <summary>As they are now: they may change while it lives.</summary>
    public ProjectLimits Limits => deployment.Limits;

    public bool IsRetired => (Volatile.Read(ref state) & Retired) != 0;

    public bool IsReturned => Volatile.Read(ref isReturned) != 0;

    /// <summary>Why it was killed for a limit; null when it was not.</summary>
    public ShutdownReason? Condemned => Volatile.Read(ref condemned) is >= 0 and var why ? (ShutdownReason)why : null;

    /// <summary>Belongs to the watch.</summary>
    public IsolateWatch? Watch { get; set; }

    public LiveLoad Load
    {
        get
        {
            var now = Volatile.Read(ref state);
            var inFlight = (int)(now & (Retired - 1));
            return new(inFlight, (uint)(now >>> 32) - (uint)inFlight);
        }
    }

    /// <summary>Heeds the lease's signals; apart from the constructor because they may fire at once.</summary>
    public void HeedLease()
    {
        draining = Lease.Draining.UnsafeRegister(static self => ((LiveIsolate)self!).Retire(ShutdownReason.Replaced), this);
        _ = Lease.Ended.ContinueWith(
            static (ended, self) => ((LiveIsolate)self!).Retire(ended.Result.Reason),
            this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>False: retired, look for another. True: pair it with <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if ((Interlocked.Add(ref state, Entry) & Retired) != 0)
        {
            LeaveRetired(Interlocked.Add(ref state, -Entry));
            return false;
        }

        CallWatch();
        return true;
    }

    /// <param name="now">Coarse clock: the idle time counts from here.</param>
    public void Leave(long now)
    {
        Volatile.Write(ref lastUse, now);
        LeaveRetired(Interlocked.Decrement(ref state));
    }

    /// <summary>No new users. The first reason stays.</summary>
    public void Retire(ShutdownReason why)
    {
        Interlocked.CompareExchange(ref reason, (int)why, -1);
        LeaveRetired(Interlocked.Or(ref state, Retired) | Retired);
    }

    /// <summary>It is being killed for a limit.</summary>
    public void Condemn(ShutdownReason why)
    {
        Interlocked.CompareExchange(ref condemned, (int)why, -1);
        Retire(why);
    }

    public void RetireIfIdle(long idleBefore)
    {
        var present = Volatile.Read(ref state);
        if (Volatile.Read(ref lastUse) < idleBefore && (uint)present == 0 && Interlocked.CompareExchange(ref state, present | Retired, present) == present)
            LeaveRetired(Retired);
    }

    /// <summary>What it has used since the last time.</summary>
    public void TellUsage(bool last) => usage.Add(meter.Take(last));

    /// <summary>Of the watch: true when nobody came meanwhile; who comes from now on calls it again.</summary>
    public bool TryRest()
    {
        Interlocked.Exchange(ref isWatched, 0);
        var called = Load.InFlight > 0 || IsReturned;
        return !called || Interlocked.Exchange(ref isWatched, 1) != 0;
    }

    void CallWatch()
    {
        if (Volatile.Read(ref isWatched) == 0 && Interlocked.Exchange(ref isWatched, 1) == 0)
            watch.Call(this);
    }

    void LeaveRetired(long now)
    {
        if ((uint)now != Retired || Interlocked.Exchange(ref isReturned, 1) != 0)
            return;
        draining.Unregister();
        Links.Close();
        TellUsage(last: true);
        var why = Volatile.Read(ref reason);
        isolates.Return(Lease, why < 0 ? ShutdownReason.Idle : (ShutdownReason)why);
        returned(this);
        CallWatch();
    }
}
