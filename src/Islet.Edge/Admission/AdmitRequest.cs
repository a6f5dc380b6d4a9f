using Islet.Contracts;
using Islet.Edge.Forwarding;
using Islet.Edge.Leasing;

namespace Islet.Edge.Admission;

/// <summary>Whether a request may go on: the project's rate, then the deployment's requests in flight.</summary>
sealed class AdmitRequest(LiveDeployments deployments, TellRefusals refusals, EdgeOptions options)
{
    /// <summary><see cref="ForwardingError.None"/>: admitted, pair it with <see cref="LiveDeployment.Leave"/>.</summary>
    public ForwardingError Run(LiveDeployment deployment, ProjectLimits limits)
    {
        if (limits.RequestsPerSecond > 0 && !deployment.Rate.TryTake(limits.RequestsPerSecond, deployments.Elapsed.Ticks))
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
}
