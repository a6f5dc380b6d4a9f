using Islet.Contracts;
using Islet.Edge.Forwarding;
using Islet.Edge.Leasing;
using Islet.Edge.Listening;

namespace Islet.Edge.Admission;

/// <summary>
/// Whether a request may go on: the project's rate, the deployment's requests in flight; and when, if it is the first of its
/// connection: the project's rate of new connections.
/// </summary>
sealed class AdmitRequest(TellRefusals refusals, EdgeOptions options)
{
    /// <summary><see cref="ForwardingError.None"/>: admitted, pair it with <see cref="LiveDeployment.Leave"/>.</summary>
    public ForwardingError Run(LiveDeployment deployment, ProjectLimits limits)
    {
        if (limits.RequestsPerSecond > 0 && !deployment.Rates.TryRequest(limits.RequestsPerSecond))
        {
            refusals.Count(deployment, ForwardingError.RateLimit);
            return ForwardingError.RateLimit;
        }

        if (!deployment.TryAdmit(Math.Min(limits.ConcurrentRequests, options.MaxConcurrentRequestsPerDeployment)))
        {
            refusals.Count(deployment, ForwardingError.TooManyRequests);
            return ForwardingError.TooManyRequests;
        }

        return ForwardingError.None;
    }

    /// <summary>
    /// For one that was admitted, or a handshake to come: how long it has to wait for its turn; null: too long, it is refused.
    /// Connections cost the node more than anything else of a request, and nothing else holds back visitors who make a new
    /// one each time.
    /// </summary>
    /// <param name="arrival">Of the connection; null: it is not counted.</param>
    public TimeSpan? TurnOf(Arrival? arrival, LiveDeployment deployment, ProjectLimits limits)
    {
        if (limits.ConnectionsPerSecond == 0 || arrival?.IsNew() is not true)
            return TimeSpan.Zero;
        var turn = deployment.Rates.Connect(limits.ConnectionsPerSecond);
        if (turn != TimeSpan.Zero)
            refusals.CountConnection(deployment);
        return turn;
    }
}
