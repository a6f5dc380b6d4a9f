using Islet.Contracts;

namespace Islet.ControlPlane.Limits;

/// <summary>
/// One limit: its name with the unit, the values it may have, where it is stored and where it counts.
/// </summary>
/// <param name="ZeroIsNone">Zero means that there is no limit.</param>
sealed record Limit(string Name, long Min, long Max, bool ZeroIsNone = false)
{
    public required Func<LimitColumns, long?> Get { get; init; }

    public required Action<LimitColumns, long?> Set { get; init; }

    /// <summary>Null: the node's own setting.</summary>
    public required Func<ProjectLimits, long?> Of { get; init; }

    public required Func<ProjectLimits, long, ProjectLimits> With { get; init; }

    /// <summary>What is wrong with the value, or null.</summary>
    public string? Problem(long value) => value < Min || value > Max
        ? $"must be an integer from {Min} to {Max}{(ZeroIsNone ? ", where 0 is no limit" : "")}"
        : null;

    /// <summary>Whether the value gives no more than the ceiling does. A ceiling of null is the node's, which the node enforces.</summary>
    public bool IsWithin(long value, long? ceiling) =>
        ceiling is not { } most || (ZeroIsNone && most == 0) || (value <= most && !(ZeroIsNone && value == 0));
}

/// <summary>All limits, in the order of the wire. Milliseconds, bytes and counts are whole numbers that any JSON reader keeps.</summary>
static class KnownLimits
{
    const long Most = (1L << 53) - 1;
    const long Hour = 3_600_000;
    const long Million = 1_000_000;
    const long TiB = 1L << 40;

    /// <summary>Those that a project may have of its own.</summary>
    public static readonly IReadOnlyList<Limit> OfProject =
    [
        new("cpuMsPerRequest", 1, Hour)
        {
            Get = row => row.CpuMsPerRequest, Set = (row, value) => row.CpuMsPerRequest = value,
            Of = limits => Ms(limits.CpuPerRequest), With = (limits, value) => limits with { CpuPerRequest = Ms(value) },
        },
        new("cpuMsPerRequestHard", 10, Hour)
        {
            Get = row => row.CpuMsPerRequestHard, Set = (row, value) => row.CpuMsPerRequestHard = value,
            Of = limits => Ms(limits.CpuPerRequestHard), With = (limits, value) => limits with { CpuPerRequestHard = Ms(value) },
        },
        new("requestTimeoutMs", 1, 24 * Hour)
        {
            Get = row => row.RequestTimeoutMs, Set = (row, value) => row.RequestTimeoutMs = value,
            Of = limits => limits.RequestTimeout is { } time ? Ms(time) : null, With = (limits, value) => limits with { RequestTimeout = Ms(value) },
        },
        new("eventLoopBlockedMs", 100, Hour)
        {
            Get = row => row.EventLoopBlockedMs, Set = (row, value) => row.EventLoopBlockedMs = value,
            Of = limits => Ms(limits.EventLoopBlocked), With = (limits, value) => limits with { EventLoopBlocked = Ms(value) },
        },
        new("memoryBytes", 32 << 20, TiB)
        {
            Get = row => row.MemoryBytes, Set = (row, value) => row.MemoryBytes = value,
            Of = limits => limits.Memory, With = (limits, value) => limits with { Memory = value },
        },
        new("concurrentRequests", 1, Million)
        {
            Get = row => row.ConcurrentRequests, Set = (row, value) => row.ConcurrentRequests = value,
            Of = limits => limits.ConcurrentRequests, With = (limits, value) => limits with { ConcurrentRequests = (int)value },
        },
        new("requestsPerSecond", 0, Million, ZeroIsNone: true)
        {
            Get = row => row.RequestsPerSecond, Set = (row, value) => row.RequestsPerSecond = value,
            Of = limits => limits.RequestsPerSecond, With = (limits, value) => limits with { RequestsPerSecond = (int)value },
        },
        new("connectionsPerSecond", 0, Million, ZeroIsNone: true)
        {
            Get = row => row.ConnectionsPerSecond, Set = (row, value) => row.ConnectionsPerSecond = value,
            Of = limits => limits.ConnectionsPerSecond, With = (limits, value) => limits with { ConnectionsPerSecond = (int)value },
        },
        new("egressConnections", 0, Million)
        {
            Get = row => row.EgressConnections, Set = (row, value) => row.EgressConnections = value,
            Of = limits => limits.EgressConnections, With = (limits, value) => limits with { EgressConnections = (int)value },
        },
        new("egressConnectionsPerSecond", 0, Million, ZeroIsNone: true)
        {
            Get = row => row.EgressConnectionsPerSecond, Set = (row, value) => row.EgressConnectionsPerSecond = value,
            Of = limits => limits.EgressConnectionsPerSecond, With = (limits, value) => limits with { EgressConnectionsPerSecond = (int)value },
        },
        new("egressBytesPerHour", 0, Most, ZeroIsNone: true)
        {
            Get = row => row.EgressBytesPerHour, Set = (row, value) => row.EgressBytesPerHour = value,
            Of = limits => limits.EgressBytesPerHour, With = (limits, value) => limits with { EgressBytesPerHour = value },
        },
        new("logLinesPerSecond", 1, Million)
        {
            Get = row => row.LogLinesPerSecond, Set = (row, value) => row.LogLinesPerSecond = value,
            Of = limits => limits.LogLinesPerSecond, With = (limits, value) => limits with { LogLinesPerSecond = (int)value },
        },
        new("tmpBytes", 1 << 20, TiB)
        {
            Get = row => row.TmpBytes, Set = (row, value) => row.TmpBytes = value,
            Of = limits => limits.TmpBytes, With = (limits, value) => limits with { TmpBytes = value },
        },
    ];

    /// <summary>The same, and those that count for all projects of an organization together.</summary>
    public static readonly IReadOnlyList<Limit> OfOrganization =
    [
        .. OfProject,
        new("liveIsolates", 1, Million)
        {
            Get = row => Whole(row).LiveIsolates, Set = (row, value) => Whole(row).LiveIsolates = value,
            Of = limits => limits.LiveIsolates, With = (limits, value) => limits with { LiveIsolates = (int)value },
        },
        new("assetBytes", 0, Most, ZeroIsNone: true)
        {
            Get = row => Whole(row).AssetBytes, Set = (row, value) => Whole(row).AssetBytes = value,
            Of = limits => limits.AssetBytes, With = (limits, value) => limits with { AssetBytes = value },
        },
        new("kvBytes", 0, Most, ZeroIsNone: true)
        {
            Get = row => Whole(row).KvBytes, Set = (row, value) => Whole(row).KvBytes = value,
            Of = limits => limits.KvBytes, With = (limits, value) => limits with { KvBytes = value },
        },
    ];

    static OrganizationLimits Whole(LimitColumns row) => (OrganizationLimits)row;

    static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;

    static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
