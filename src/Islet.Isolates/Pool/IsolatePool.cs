using Islet.Contracts;
using Islet.Isolates.Starting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Pool;

/// <summary>
/// Decides which isolate serves a deployment. One lock guards who lives where and who holds what; it is held for a few
/// dictionary operations only, asked once per cold start and once per return, never per request. All starting and
/// ending happens outside of it.
/// </summary>
internal sealed partial class IsolatePool(IOptions<IsolatesOptions> options, WarmSlots slots, StartIsolate start, SuperviseIsolate supervise, TellIsolateLimit tellLimit, TimeProvider time, ILogger<IsolatePool> logger) : IIsolates
{
    readonly Lock guard = new();
    readonly Residents residents = new();
    readonly FailurePauses pauses = new(time);
    readonly HashSet<LiveIsolate> alive = []; // also those that end
    int occupied; // starts and isolates until they are cleaned up
    bool stopping;

    public ValueTask<LeaseOutcome> LeaseAsync(IsolateSpec spec, CancellationToken cancellation)
    {
        Resident? resident;
        lock (guard)
        {
            if (residents.TryGet(spec.Deployment, out resident))
            {
                if (resident.Live is { } live)
                    return ValueTask.FromResult(LeaseOutcome.Of(live.NewLease(null)));
            }
            else if (stopping || occupied >= options.Value.MaxIsolates)
            {
                return ValueTask.FromResult(LeaseOutcome.Of(new StartFailure(StartFailureReason.NoCapacity, [])));
            }
            else if (residents.CountOf(spec.Organization) < spec.Limits.LiveIsolates)
            {
                resident = residents.Add(spec);
                occupied++;
                var newcomer = resident;
                resident.Start = Task.Run(() => StartAsync(newcomer, spec), CancellationToken.None);
            }
            if (resident is not null)
                resident.Waiters++;
        }
        if (resident is not null)
            return WaitAsync(resident, cancellation);
        tellLimit.Run(spec);
        return ValueTask.FromResult(LeaseOutcome.Of(new StartFailure(StartFailureReason.OrganizationLimit, [])));
    }

    public void Return(IsolateLease lease, ShutdownReason reason)
    {
        LiveIsolate? live;
        lock (guard)
        {
            live = alive.FirstOrDefault(live => live.Slot.Id == lease.Id);
            if (live is null || !live.TakeBack(lease) || !live.Idle || live.Ending is not null || IsAwaited(live))
                return;
            Close(live, reason);
        }
        _ = supervise.EndAsync(live);
    }

    public void Drain(DeploymentId deployment, ShutdownReason reason)
    {
        LiveIsolate? live;
        lock (guard)
        {
            if (!residents.Remove(deployment, out var resident))
                return;
            resident.Drained = reason;
            live = resident.Live;
        }
        if (live is not null)
            _ = DrainAsync(live, reason);
    }

    public void Kill(IsolateLease lease, ShutdownReason reason)
    {
        LiveIsolate? live;
        lock (guard)
        {
            live = alive.FirstOrDefault(live => live.Slot.Id == lease.Id);
            if (live is null || live.Ended.IsCompleted)
                return;
            Close(live, live.Ending ?? reason);
        }
        live.Slot.Process.Kill();
    }

    /// <summary>Ends all isolates; no lease is given any more.</summary>
    public async Task StopAsync()
    {
        List<LiveIsolate> left;
        lock (guard)
        {
            stopping = true;
            residents.Clear();
            left = [.. alive];
            foreach (var live in left)
                live.Ending ??= ShutdownReason.ServerStopping;
        }
        await slots.StopAsync();
        foreach (var live in left)
            _ = supervise.EndAsync(live);
        while (Occupied() > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(10));
    }

    async ValueTask<LeaseOutcome> WaitAsync(Resident resident, CancellationToken cancellation)
    {
        StartFailure? failure;
        try
        {
            failure = await resident.Start.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            GiveUp(resident);
            throw;
        }
        lock (guard)
        {
            resident.Waiters--;
            return failure is null ? LeaseOutcome.Of(resident.Live!.NewLease(resident.Live.ColdStart)) : LeaseOutcome.Of(failure);
        }
    }

    // The last one who waited for a start that succeeded leaves an isolate without a holder: it ends as idle.
    void GiveUp(Resident resident)
    {
        LiveIsolate? live;
        lock (guard)
        {
            resident.Waiters--;
            live = resident.Live;
            if (live is null || resident.Waiters > 0 || !live.Idle || live.Ending is not null)
                return;
            Close(live, ShutdownReason.Idle);
        }
        _ = supervise.EndAsync(live);
    }

    async Task<StartFailure?> StartAsync(Resident resident, IsolateSpec spec)
    {
        await PauseAsync(spec.Deployment);
        var (live, failure, cleaned) = await start.RunAsync(spec);
        var abandoned = false;
        ShutdownReason? drained;
        lock (guard)
        {
            drained = resident.Drained;
            if (live is null)
            {
                Leave(spec.Deployment, resident);
                if (failure is { Reason: not StartFailureReason.Internal })
                    pauses.Failed(spec.Deployment);
                _ = VacateAsync(cleaned);
                return failure;
            }
            resident.Live = live;
            alive.Add(live);
            if (stopping)
                drained = null;
            if (stopping || resident.Waiters == 0)
            {
                abandoned = true;
                Close(live, stopping ? ShutdownReason.ServerStopping : drained ?? ShutdownReason.Idle);
            }
        }
        Log.Started(logger, live.Slot.Id.Value, spec.Deployment, live.ColdStart.TotalMilliseconds);
        _ = WatchAsync(live, resident);
        if (abandoned)
            _ = supervise.EndAsync(live);
        else if (drained is { } reason)
            _ = DrainAsync(live, reason);
        return null;
    }

    async Task PauseAsync(DeploymentId deployment)
    {
        TimeSpan pause;
        lock (guard)
            pause = stopping ? TimeSpan.Zero : pauses.Of(deployment);
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, time);
    }

    async Task VacateAsync(Task cleaned)
    {
        await cleaned;
        lock (guard)
            occupied--;
    }

    async Task WatchAsync(LiveIsolate live, Resident resident)
    {
        await supervise.RunAsync(live, () =>
        {
            lock (guard)
            {
                Leave(live.Deployment, resident);
                if (live.Ending is not { } asked || FailurePauses.IsFailure(asked))
                    pauses.Failed(live.Deployment);
            }
        });
        lock (guard)
        {
            alive.Remove(live);
            occupied--;
        }
    }

    async Task DrainAsync(LiveIsolate live, ShutdownReason reason)
    {
        await live.TellDrainingAsync();
        lock (guard)
        {
            if (live.Ending is not null)
                return;
            if (live.Idle && !IsAwaited(live))
                live.Ending = reason;
        }
        if (live.Ending is null)
        {
            await Task.WhenAny(live.Ended, Task.Delay(options.Value.DrainGrace, time));
            lock (guard)
                live.Ending ??= reason;
        }
        await supervise.EndAsync(live);
    }

    // Under the lock: nobody gets it any more.
    void Close(LiveIsolate live, ShutdownReason reason)
    {
        live.Ending = reason;
        if (residents.TryGet(live.Deployment, out var resident) && resident.Live == live)
            residents.Remove(live.Deployment, out _);
    }

    void Leave(DeploymentId deployment, Resident resident)
    {
        if (residents.TryGet(deployment, out var present) && present == resident)
            residents.Remove(deployment, out _);
    }

    bool IsAwaited(LiveIsolate live) =>
        residents.TryGet(live.Deployment, out var resident) && resident.Live == live && resident.Waiters > 0;

    int Occupied()
    {
        lock (guard)
            return occupied;
    }

    static partial class Log
    {
        [LoggerMessage(4020, LogLevel.Debug, "Isolate {Isolate} of deployment {Deployment} started in {Milliseconds:F2} ms")]
        public static partial void Started(ILogger logger, long isolate, DeploymentId deployment, double milliseconds);
    }
}
