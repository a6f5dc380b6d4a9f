using System.Collections.Concurrent;
using Islet.Contracts;
using Islet.Edge.Admission;
using Islet.Edge.Forwarding;
using Islet.Edge.Loops;
using Islet.Edge.Watching;
using Microsoft.Extensions.Logging;

namespace Islet.Edge.Leasing;

/// <summary>
/// All deployments that serve on this node. One coarse timer does what would else need one per request: the clock,
/// request deadlines, idle isolates, deployments that lost their routes.
/// </summary>
sealed partial class LiveDeployments : IDisposable
{
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<DeploymentId, LiveDeployment> deployments = new();
    readonly ConcurrentDictionary<ProjectId, ProjectRates> rates = new();
    readonly ConcurrentDictionary<LiveIsolate, bool> isolatesInUse = new();
    readonly IIsolates isolates;
    readonly IRouteSource routes;
    readonly WatchIsolates watch;
    readonly TellRefusals refusals;
    readonly IUsageSink usage;
    readonly EdgeOptions options;
    readonly ILogger<LiveDeployments> log;
    readonly CancellationTokenSource stopping = new();
    readonly long began;
    readonly ITimer timer;
    long now;
    int sweeping;
    long countAt; // the sweep's
    RouteSnapshot? seen;

    public LiveDeployments(IIsolates isolates, IRouteSource routes, WatchIsolates watch, TellRefusals refusals, IUsageSink usage, EdgeOptions options, TimeProvider time, ILogger<LiveDeployments> log)
    {
        (this.isolates, this.routes, this.watch, this.refusals, this.usage, this.options, Time, this.log) = (isolates, routes, watch, refusals, usage, options, time, log);
        began = time.GetTimestamp();
        now = 1;
        timer = time.CreateTimer(static self => ((LiveDeployments)self!).Sweep(), this, Tick, Tick);
    }

    public TimeProvider Time { get; }

    public LoopGuard Loops { get; } = new();

    /// <summary>Milliseconds, as of the last tick: a read costs nothing, and is at most a tick or so late.</summary>
    public long Now => Volatile.Read(ref now);

    /// <summary>Since this began, exactly.</summary>
    public TimeSpan Elapsed => Time.GetElapsedTime(began);

    public LiveDeployment Of(Route route) => deployments.TryGetValue(route.Deployment, out var present)
        ? present
        : deployments.GetOrAdd(
            route.Deployment,
            static (_, of) => new LiveDeployment(of.Route, of.Self.rates.GetOrAdd(of.Route.Project, static (_, time) => new ProjectRates(time), of.Self.Time), of.Self),
            (Self: this, Route: route));

    /// <summary>The time <paramref name="span"/> from now on the coarse clock, never early.</summary>
    public long After(TimeSpan span) => Now + (long)Math.Min(span.TotalMilliseconds, long.MaxValue / 4) + (long)Tick.TotalMilliseconds;

    /// <summary>Asks for the isolate of a cold deployment. Never throws.</summary>
    public async Task<Acquired> LeaseAsync(LiveDeployment deployment)
    {
        IsolateLease? lease = null;
        try
        {
            if (await routes.FindSpecAsync(deployment.Id, stopping.Token) is not { } spec)
                return new(null, ForwardingError.DeploymentNotFound, null);
            var outcome = await isolates.LeaseAsync(spec, stopping.Token);
            if (!outcome.Started)
                return new(null, ErrorOf(outcome.Failure.Reason), null);

            lease = outcome.Lease;
            var isolate = new LiveIsolate(lease, Loops.Follow(lease), deployment, isolates, watch, usage, Time, Now, left => isolatesInUse.TryRemove(left, out _));
            isolatesInUse[isolate] = true;
            isolate.HeedLease();
            return new(isolate, ForwardingError.None, lease.ColdStart);
        }
        catch (Exception e)
        {
            // the seams promise not to throw; one outage must not end the edge
            Log.LeaseFailed(log, e, deployment.Id);
            if (lease is not null)
                isolates.Return(lease, ShutdownReason.Crashed);
            return new(null, ForwardingError.IsolateInternalFailure, null);
        }
    }

    /// <summary>Ends the timer and returns what nobody uses; what is in use goes back when it is done.</summary>
    public void Dispose()
    {
        timer.Dispose();
        stopping.Cancel();
        foreach (var (isolate, _) in isolatesInUse)
            isolate.Retire(ShutdownReason.ServerStopping);
        foreach (var (_, deployment) in deployments)
            TellRequests(deployment);
    }

    /// <summary>Tells what was used since the last time; nothing of it is on the way of a request.</summary>
    void Count(long time)
    {
        countAt = time + (long)CountEvery.TotalMilliseconds;
        foreach (var (_, deployment) in deployments)
            TellRequests(deployment);
        foreach (var (isolate, _) in isolatesInUse)
            isolate.TellUsage(last: false);
    }

    void TellRequests(LiveDeployment deployment)
    {
        if (deployment.TakeRequests() is > 0 and var requests)
            usage.Add(new(deployment.Organization, deployment.Project, requests, 0, 0, 0, 0, 0));
    }

    void Sweep()
    {
        if (Interlocked.Exchange(ref sweeping, 1) != 0)
            return;
        try
        {
            var time = (long)Elapsed.TotalMilliseconds + 1;
            Volatile.Write(ref now, time);
            var idleBefore = time - (long)options.IdleTimeout.TotalMilliseconds;
            foreach (var (isolate, _) in isolatesInUse)
            {
                isolate.Links.Sweep(time, idleBefore);
                isolate.RetireIfIdle(idleBefore);
            }

            if (routes.Current is var snapshot && !ReferenceEquals(snapshot, seen))
                Heed(seen = snapshot);
            refusals.Sweep(time);
            if (time >= countAt)
                Count(time);
        }
        catch (Exception e)
        {
            Log.SweepFailed(log, e);
        }
        finally
        {
            Volatile.Write(ref sweeping, 0);
        }
    }

    void Heed(RouteSnapshot snapshot)
    {
        var routed = new Dictionary<DeploymentId, Route>();
        var projects = new HashSet<ProjectId>();
        foreach (var route in snapshot.Hosts.Values)
        {
            routed[route.Deployment] = route;
            projects.Add(route.Project);
        }

        foreach (var (id, deployment) in deployments)
        {
            if (routed.TryGetValue(id, out var route))
                deployment.Limits = route.Limits;
            else if (deployments.TryRemove(id, out _))
            {
                deployment.Forget();
                TellRequests(deployment);
            }
        }

        foreach (var (project, _) in rates)
        {
            if (!projects.Contains(project))
                rates.TryRemove(project, out _);
        }
    }

    static ForwardingError ErrorOf(StartFailureReason reason) => reason switch
    {
        StartFailureReason.UncaughtException => ForwardingError.UncaughtException,
        StartFailureReason.NoServer => ForwardingError.IsolateInternalFailure,
        StartFailureReason.TimeLimit => ForwardingError.TimeLimit,
        StartFailureReason.MemoryLimit => ForwardingError.MemoryLimit,
        StartFailureReason.Internal => ForwardingError.IsolateInternalFailure,
        StartFailureReason.NoCapacity => ForwardingError.NoCapacity,
        StartFailureReason.OrganizationLimit => ForwardingError.IsolateLimit,
    };

    static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Error, "Lease of {Deployment} failed")]
        public static partial void LeaseFailed(ILogger log, Exception exception, DeploymentId deployment);

        [LoggerMessage(2002, LogLevel.Error, "Sweep failed")]
        public static partial void SweepFailed(ILogger log, Exception exception);
    }
}
