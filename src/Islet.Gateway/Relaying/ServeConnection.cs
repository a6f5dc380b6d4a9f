using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Gateway.Policy;
using Islet.Gateway.Slots;
using Microsoft.Extensions.Logging;

namespace Islet.Gateway.Relaying;

/// <summary>
/// Serves one TCP connection of a slot:
/// 1 where to → 2 decide → 3 hand over, or 4 count → 5 dial the address that was checked → 6 relay.
/// A refusal is an RST at once.
/// </summary>
sealed partial class ServeConnection(
    DecideConnection decide, GatewayOptions options, Surroundings surroundings, ILogger<ServeConnection> log)
{
    /// <summary>Of the kernel, for the slot's side of a connection: it has no distance to bridge, and memory is ours.</summary>
    const int InsideBuffer = 128 * 1024;

    /// <summary>Called with a project that has spent what it may send: its other connections end too.</summary>
    public Action<ProjectId>? Spent { get; set; }

    /// <summary>Owns the socket. Does not throw.</summary>
    public async Task RunAsync(Slot slot, Socket socket)
    {
        try
        {
            // 1 where to
            if (slot.Assignment is not { } assignment || Sockets.OriginalDestination(socket) is not { } destination)
            {
                Sockets.Reset(socket);
                return;
            }

            // 2 decide
            var decision = decide.Run(assignment, destination);
            if (!decision.Allowed)
                Refuse(socket, assignment, destination, decision.Host, decision.Rule);
            else if (decision.HandTo is not null)
                HandOver(slot, socket, assignment, destination, decision); // 3
            else
                await RelayAsync(slot, socket, assignment, destination, decision);
        }
        catch (Exception e)
        {
            // a fault of ours must not leave a program waiting
            Log.ConnectionFailed(log, e, slot.Isolate);
            Sockets.Reset(socket);
        }
    }

    static void HandOver(Slot slot, Socket socket, Assignment assignment, IPEndPoint destination, Decision decision)
    {
        var toOutside = decision.Rule == EgressRules.Secret;
        if (toOutside && !assignment.MayStillSend)
        {
            Refuse(socket, assignment, destination, decision.Host, EgressRules.EgressBytes);
            return;
        }

        switch (toOutside ? slot.Connections.TryAddToOutside(socket, assignment.Spec.Limits.EgressConnections) : slot.Connections.TryAddToService(socket))
        {
            case Admission.Over:
                Sockets.Reset(socket);
                return;
            case Admission.Full:
                Refuse(socket, assignment, destination, decision.Host, EgressRules.Connections);
                return;
            case Admission.Admitted:
                break;
        }

        socket.NoDelay = true;
        var spec = assignment.Spec;
        var caller = new SlotCaller(assignment.Isolate, spec.Deployment, spec.Project, spec.Organization, destination, decision.Host) { Database = spec.Database };
        if (!decision.HandTo!.TryHand(socket, caller))
        {
            slot.Connections.RemoveHanded(socket);
            Refuse(socket, assignment, destination, decision.Host, EgressRules.Busy);
            return;
        }

        assignment.Traffic.CountHanded();
        GatewayMetrics.Allowed(decision.Rule);
        assignment.Decisions.Allowed(destination, decision.Host, decision.Rule);
    }

    async Task RelayAsync(Slot slot, Socket socket, Assignment assignment, IPEndPoint destination, Decision decision)
    {
        // 4 count
        if (!assignment.MayStillSend)
        {
            Refuse(socket, assignment, destination, decision.Host, EgressRules.EgressBytes);
            return;
        }

        var relay = new Relay(socket, assignment);
        switch (slot.Connections.TryAdd(relay, assignment.Spec.Limits.EgressConnections))
        {
            case Admission.Over:
                Sockets.Reset(socket);
                return;
            case Admission.Full:
                Refuse(socket, assignment, destination, decision.Host, EgressRules.Connections);
                return;
            case Admission.Admitted:
                break;
        }

        assignment.Traffic.CountOpened();
        GatewayMetrics.Allowed(decision.Rule);
        GatewayMetrics.Began();
        assignment.Decisions.Allowed(destination, decision.Host, decision.Rule);
        try
        {
            socket.NoDelay = true;
            (socket.ReceiveBufferSize, socket.SendBufferSize) = (InsideBuffer, InsideBuffer);
            if (await TryDialAsync(relay, destination, slot.Closing) && await relay.RunAsync()) // 5, 6
            {
                await Task.Yield(); // sockets complete inline, see docs/decisions/0004
                Spent?.Invoke(assignment.Spec.Project);
            }
        }
        finally
        {
            relay.Cut(EgressRules.Broken);
            slot.Connections.Remove(relay);
            assignment.Traffic.CountClosed();
            GatewayMetrics.Ended(relay.Sent, relay.Received);
            assignment.Decisions.Closed(destination, decision.Host, relay.Ended!, relay.Sent, relay.Received);
        }
    }

    async Task<bool> TryDialAsync(Relay relay, IPEndPoint destination, CancellationToken closing)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(closing);
        limit.CancelAfter(options.ConnectTimeout);
        try
        {
            var socket = surroundings.OpenSocket(destination.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (!relay.TryAttach(socket))
                return false;
            socket.NoDelay = true;
            await socket.ConnectAsync(destination, limit.Token);

            // an address of this machine that came after the last look at its interfaces
            if (socket is not { LocalEndPoint: IPEndPoint local, RemoteEndPoint: IPEndPoint remote } || !local.Address.Equals(remote.Address))
                return true;
            relay.Cut(EgressRules.Platform);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            relay.Cut(closing.IsCancellationRequested ? EgressRules.SlotEnded : EgressRules.Unreachable);
        }

        return false;
    }

    static void Refuse(Socket socket, Assignment assignment, IPEndPoint destination, string? host, string rule)
    {
        assignment.Decisions.Refused(destination.ToString(), host, rule);
        Sockets.Reset(socket);
    }

    static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Error, "A connection of isolate {Isolate} failed")]
        public static partial void ConnectionFailed(ILogger log, Exception exception, IsolateId isolate);
    }
}
