namespace Islet.Contracts;

/// <summary>
/// What one project may use: the organization's limits with the project's own laid over them. Immutable; a change is a new
/// record, published with the routes. Limits that count per organization say so.
/// </summary>
public sealed record ProjectLimits
{
    public static readonly ProjectLimits Default = new();

    /// <summary>Processor time a request may take on average, over <see cref="CpuWindow"/>.</summary>
    public TimeSpan CpuPerRequest { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Processor time that requests in flight may take before one of them has ended.</summary>
    public TimeSpan CpuPerRequestHard { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What <see cref="CpuPerRequest"/> is an average of.</summary>
    public static readonly TimeSpan CpuWindow = TimeSpan.FromSeconds(10);

    /// <summary>Time until an answer has to begin; null is the node's default. A deployment's own wins when it is shorter.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>How long an isolate with requests in flight may leave what it was sent unread.</summary>
    public TimeSpan EventLoopBlocked { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Bytes of one isolate; null is the node's setting, which no project exceeds.</summary>
    public long? Memory { get; init; }

    /// <summary>Requests and WebSockets in flight of one deployment on one node.</summary>
    public int ConcurrentRequests { get; init; } = 1000;

    /// <summary>Requests per second of one project on one node, with bursts of as many. 0 is no limit.</summary>
    public int RequestsPerSecond { get; init; }

    /// <summary>
    /// New connections of visitors per second of one project on one node, with bursts of twice as many. The first request of
    /// those beyond waits for its turn. 0 is no limit.
    /// </summary>
    public int ConnectionsPerSecond { get; init; } = 200;

    /// <summary>Connections to the outside that one isolate may have open.</summary>
    public int EgressConnections { get; init; } = 200;

    /// <summary>
    /// New connections per second of one isolate, services of the platform included, with bursts of twice as many. Those
    /// beyond wait in the kernel until it is their turn. 0 is no limit.
    /// </summary>
    public int EgressConnectionsPerSecond { get; init; } = 100;

    /// <summary>Bytes one project may send to the outside in an hour, per node. 0 is no limit.</summary>
    public long EgressBytesPerHour { get; init; } = 100L << 30;

    /// <summary>Log lines of one isolate per second; the others are counted.</summary>
    public int LogLinesPerSecond { get; init; } = 1000;

    /// <summary>Bytes of an isolate's private <c>/tmp</c>; null is the node's setting, which no project exceeds.</summary>
    public long? TmpBytes { get; init; }

    /// <summary>Living isolates of the organization on one node. Per organization.</summary>
    public int LiveIsolates { get; init; } = 100;

    /// <summary>Bytes of different asset contents that the organization keeps. Per organization; 0 is no limit.</summary>
    public long AssetBytes { get; init; } = 50L << 30;

    /// <summary>Bytes of the organization's KV databases. Per organization; 0 is no limit.</summary>
    public long KvBytes { get; init; } = 10L << 30;
}
