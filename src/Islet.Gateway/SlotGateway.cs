using System.Collections.Concurrent;
using Islet.Contracts;
using Islet.Gateway.Crons;
using Islet.Gateway.Names;
using Islet.Gateway.Policy;
using Islet.Gateway.Relaying;
using Islet.Gateway.Slots;
using Microsoft.Extensions.Logging;

namespace Islet.Gateway;

/// <summary>The slots of this node and the tasks that serve them. One slow timer does what else would need one a connection.</summary>
sealed partial class SlotGateway : IGateway, IDisposable
{
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(15);
    static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<IsolateId, Slot> slots = new();
    readonly ServeConnection connections;
    readonly ServeQuestions questions;
    readonly PlatformPlaces platform;
    readonly ByteBudgets budgets;
    readonly Traffic traffic;
    readonly SecretsDoor? secrets;
    readonly IsolateCrons? crons;
    readonly IEgressSink sink;
    readonly ILogSink logs;
    readonly IUsageSink usage;
    readonly Surroundings surroundings;
    readonly TimeProvider time;
    readonly ILogger<SlotGateway> log;
    readonly ITimer timer;
    readonly ITimer counting;
    volatile bool disposed;

    public SlotGateway(
        ServeConnection connections, ServeQuestions questions, PlatformPlaces platform, ByteBudgets budgets, Traffic traffic,
        IEgressSink sink, ILogSink logs, IUsageSink usage, Surroundings surroundings, TimeProvider time, ILogger<SlotGateway> log, SecretsDoor? secrets = null,
        IsolateCrons? crons = null)
    {
        (this.connections, this.questions, this.platform, this.budgets, this.traffic) = (connections, questions, platform, budgets, traffic);
        (this.sink, this.logs, this.usage, this.surroundings, this.time, this.log) = (sink, logs, usage, surroundings, time, log);
        (this.secrets, this.crons) = (secrets, crons);
        connections.Spent = CutProject;
        timer = time.CreateTimer(static self => ((SlotGateway)self!).Sweep(), this, Tick, Tick);
        counting = time.CreateTimer(static self => ((SlotGateway)self!).TellUsage(), this, CountEvery, CountEvery);
    }

    public void Open(IsolateId isolate, SlotListeners listeners)
    {
        var slot = new Slot(isolate, listeners, time);
        if (disposed || !slots.TryAdd(isolate, slot))
        {
            listeners.Dispose();
            throw new InvalidOperationException($"The gateway has isolate {isolate} already, or it has ended.");
        }

        // Each loop ends with its socket; none of them throws.
        foreach (var listener in listeners.Tcp)
            _ = slot.AcceptAsync(listener, connections.RunAsync, surroundings.Pause);
        foreach (var socket in listeners.DnsUdp)
            _ = questions.ReceiveAsync(slot, socket);
        foreach (var listener in listeners.DnsTcp)
            _ = slot.AcceptAsync(listener, questions.ServeStreamAsync, surroundings.Pause);
        if (disposed)
            Close(isolate);
    }

    public void Assign(IsolateId isolate, IsolateSpec spec)
    {
        if (!slots.TryGetValue(isolate, out var slot))
            return; // it ended between its boot and now
        secrets?.Assigned(isolate, spec);
        if (spec.Crons)
            crons?.Expect(isolate);
        slot.Assign(new(isolate, spec, traffic.Enter(spec.Deployment), budgets.Of(spec.Project), sink, logs, time));

        // Closed meanwhile: who takes it out of the table also gives back what Enter counted.
        if (slot.IsClosed)
            Forget(slot);
    }

    public void Serving(IsolateId isolate) => crons?.Serving(isolate);

    public void Close(IsolateId isolate)
    {
        if (!slots.TryRemove(isolate, out var slot))
            return;
        slot.Dispose();
        Forget(slot);
    }

    /// <summary>
    /// Bytes that a server of this process passes on in the name of a slot whose connection was handed to it. When they
    /// spend what the project may send, that connection is cut with all others of the project.
    /// </summary>
    internal void Count(SlotCaller caller, long sent, long received)
    {
        if (!slots.TryGetValue(caller.Isolate, out var slot) || slot.Assignment is not { } assignment)
            return;
        assignment.CountSent(sent);
        assignment.CountReceived(received);
        if (sent > 0 && !assignment.TrySend(sent))
            CutProject(caller.Project);
    }

    /// <summary>A connection is over that was handed to a server of this process which went on to the outside; all its bytes were counted.</summary>
    internal void CountEnded(SlotCaller caller, long sent, long received)
    {
        if (!slots.TryGetValue(caller.Isolate, out var slot) || slot.Assignment is not { } assignment)
            sink.Write(new(caller.Deployment, time.GetUtcNow(), EgressVerdict.Closed, caller.Destination.ToString(), caller.Host, EgressRules.SlotEnded, sent, received));
        else
            assignment.Decisions.Closed(caller.Destination, caller.Host, assignment.MayStillSend ? EgressRules.Done : EgressRules.EgressBytes, sent, received);
    }

    public void Dispose()
    {
        disposed = true;
        timer.Dispose();
        counting.Dispose();
        foreach (var (isolate, _) in slots)
            Close(isolate);
    }

    void Forget(Slot slot)
    {
        if (!slot.TryForget(out var assignment))
            return;
        secrets?.Closed(slot.Isolate);
        crons?.Forget(slot.Isolate);
        traffic.Leave(assignment.Spec.Deployment);
        TellUsage(assignment);
        if (assignment.Traffic.Now.NotWritten is > 0 and var count)
            Log.DecisionsNotWritten(log, count, assignment.Spec.Deployment);
    }

    /// <summary>A project has spent its bytes: none of its connections goes on.</summary>
    void CutProject(ProjectId project)
    {
        foreach (var (_, slot) in slots)
            if (slot.Assignment?.Spec.Project == project)
                slot.Connections.CutOutside(EgressRules.EgressBytes);
    }

    void TellUsage()
    {
        foreach (var (_, slot) in slots)
            if (slot.Assignment is { } assignment)
                TellUsage(assignment);
    }

    void TellUsage(Assignment assignment)
    {
        var used = assignment.TakeUsage();
        if ((used.Ingress | used.Egress) != 0)
            usage.Add(used);
    }

    internal void Sweep()
    {
        try
        {
            platform.Refresh();
            var living = new HashSet<ProjectId>();
            foreach (var (_, slot) in slots)
            {
                if (slot.Assignment is not { } assignment)
                    continue;
                living.Add(assignment.Spec.Project);
                foreach (var relay in slot.Connections.Relays)
                    if (relay.IsIdle(surroundings.RelayIdle))
                        relay.Cut(EgressRules.Idle);
            }

            budgets.Sweep(living);
        }
        catch (Exception e)
        {
            // the next sweep is another chance
            Log.SweepFailed(log, e);
        }
    }

    static partial class Log
    {
        [LoggerMessage(5002, LogLevel.Error, "Sweep failed")]
        public static partial void SweepFailed(ILogger log, Exception exception);

        [LoggerMessage(5003, LogLevel.Information, "{Count} decisions about {Deployment} came too fast for the egress log")]
        public static partial void DecisionsNotWritten(ILogger log, long count, DeploymentId deployment);
    }
}
