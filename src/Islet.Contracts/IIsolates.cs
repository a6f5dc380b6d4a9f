using System.Diagnostics.CodeAnalysis;

namespace Islet.Contracts;

/// <summary>
/// The door to the isolates of this node. Asked once per cold start, never per request: whoever serves requests keeps
/// its lease and counts its own requests. Everything that crosses is a message or an immutable record, so that the
/// isolates can live in a process of their own.
/// </summary>
public interface IIsolates
{
    /// <summary>
    /// Gives the running isolate of the deployment, or starts one on a warm slot (about 20 ms; longer when the pool is
    /// empty). Callers that come while a start is under way share it. Never throws for what the program did: that is
    /// <see cref="LeaseOutcome.Failure"/>. Cancelling gives up waiting, not the start that others share.
    /// </summary>
    ValueTask<LeaseOutcome> LeaseAsync(IsolateSpec spec, CancellationToken cancellation);

    /// <summary>
    /// The holder needs the isolate no more. When the last lease is back the isolate ends: SIGTERM, a grace, SIGKILL
    /// of its whole cgroup. Returning a lease twice does nothing.
    /// </summary>
    void Return(IsolateLease lease, ShutdownReason reason);

    /// <summary>
    /// No lease of this deployment is given out any more from its present isolate; holders are told by
    /// <see cref="IsolateLease.Draining"/>, finish what they have and return. Past the grace it is killed.
    /// </summary>
    void Drain(DeploymentId deployment, ShutdownReason reason);

    /// <summary>
    /// A limit was hit: the isolate is killed now, whoever holds leases of it. Holders learn the reason by
    /// <see cref="IsolateLease.Ended"/>, the tenant by a line in its log. Does nothing when it has ended.
    /// </summary>
    void Kill(IsolateLease lease, ShutdownReason reason);
}

/// <summary>A running isolate, bound to one deployment for the rest of its life.</summary>
/// <param name="SocketPath">Host path of the Unix socket where the isolate speaks HTTP/1.1.</param>
/// <param name="ColdStart">Time from assignment to the listening server; null when it ran already.</param>
/// <param name="Ended">Completes when the process is gone, with why. Never faults.</param>
/// <param name="Draining">Cancelled when no new request may be sent.</param>
public sealed record IsolateLease(
    IsolateId Id,
    DeploymentId Deployment,
    string SocketPath,
    TimeSpan? ColdStart,
    Task<IsolateEnd> Ended,
    CancellationToken Draining)
{
    /// <summary>
    /// File of the kernel with the processor time that the isolate has used, in nanoseconds (cgroup v1) or as
    /// <c>usage_usec</c> in its first line (cgroup v2); null where no cgroup can be had.
    /// </summary>
    public string? CpuUsageFile { get; init; }

    /// <summary>
    /// File of the kernel with the memory that the isolate has: a line <c>rss</c> (cgroup v1) or <c>anon</c> (v2), in bytes.
    /// Null where no cgroup can be had.
    /// </summary>
    public string? MemoryStatFile { get; init; }
}

/// <summary>How an isolate ended: closed reason, exit code or negative signal, last stderr lines (bounded).</summary>
public sealed record IsolateEnd(ShutdownReason Reason, int ExitCode, IReadOnlyList<string> LastLines);

/// <summary>Either a lease or why there is none.</summary>
public sealed record LeaseOutcome
{
    LeaseOutcome(IsolateLease? lease, StartFailure? failure) => (Lease, Failure) = (lease, failure);

    public IsolateLease? Lease { get; }

    public StartFailure? Failure { get; }

    [MemberNotNullWhen(true, nameof(Lease))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool Started => Lease is not null;

    public static LeaseOutcome Of(IsolateLease lease) => new(lease, null);

    public static LeaseOutcome Of(StartFailure failure) => new(null, failure);
}

/// <summary>Why a program did not come up. <paramref name="LastLines"/> is its stderr, bounded, as it came.</summary>
public sealed record StartFailure(StartFailureReason Reason, IReadOnlyList<string> LastLines);

public enum StartFailureReason
{
    /// <summary>The module threw while it was evaluated, or the process exited with an error.</summary>
    UncaughtException,

    /// <summary>The program ended, or went idle, without a server that listens.</summary>
    NoServer,

    /// <summary>No server within the boot time limit.</summary>
    TimeLimit,

    /// <summary>Memory limit reached while starting.</summary>
    MemoryLimit,

    /// <summary>The platform could not start it: no slot, jail refused, protocol broken. Not the tenant's fault.</summary>
    Internal,

    /// <summary>This node's limit of live isolates is reached and none is idle.</summary>
    NoCapacity,

    /// <summary>The organization's limit of live isolates is reached.</summary>
    OrganizationLimit,
}

public enum ShutdownReason
{
    /// <summary>No request for the idle time.</summary>
    Idle,

    /// <summary>A newer deployment took its place.</summary>
    Replaced,

    /// <summary>Its deployment or project was deleted.</summary>
    Deleted,

    /// <summary>The process exited with code 0 by itself.</summary>
    Exited,

    /// <summary>An uncaught error or a signal that nobody here sent.</summary>
    Crashed,

    /// <summary>Killed by the memory limit of its cgroup or of V8's heap.</summary>
    MemoryLimit,

    /// <summary>It did not come up in time.</summary>
    TimeLimit,

    /// <summary>Its requests used more processor time than they may.</summary>
    CpuLimit,

    /// <summary>It did not read what it was sent: an endless loop, or it had stopped itself.</summary>
    EventLoopBlocked,

    /// <summary>The server stops.</summary>
    ServerStopping,
}
