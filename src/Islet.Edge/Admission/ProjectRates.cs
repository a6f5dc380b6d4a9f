using Islet.Contracts;

namespace Islet.Edge.Admission;

/// <summary>
/// What is counted for all deployments of one project together. Lives as long as the project has routes, whatever its limits
/// become.
/// </summary>
sealed class ProjectRates(TimeProvider time)
{
    const int SecondsOfConnections = 2;

    /// <summary>Who would wait longer is refused: those who left meanwhile have their turns too.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    readonly TokenBucket requests = new(time);
    readonly TokenBucket connections = new(time);

    /// <summary>One second's worth at once, then evenly.</summary>
    /// <param name="perSecond">The present limit, above 0.</param>
    public bool TryRequest(int perSecond) => requests.TryTake(perSecond, perSecond);

    /// <summary>
    /// How long a new connection's first request has to wait; null: too long. Two seconds' worth at once; beyond it each has its
    /// turn, one after the other, so that whoever floods waits for itself and the node's work is the rate's.
    /// </summary>
    /// <param name="perSecond">The present limit, above 0.</param>
    public TimeSpan? Connect(int perSecond) => connections.Take(perSecond, SecondsOfConnections * perSecond, LongestWait);
}
