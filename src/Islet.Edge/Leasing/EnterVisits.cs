using Islet.Contracts;
using Islet.Edge.Forwarding;
using Islet.Edge.Routing;

namespace Islet.Edge.Leasing;

/// <summary>A cron's way into an isolate: a request without a visitor, on the same books as all others.</summary>
sealed class EnterVisits(IRouteSource routes, LiveDeployments deployments) : IVisits
{
    static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    public async Task<VisitOutcome> EnterAsync(string host, DeploymentId deployment, CancellationToken cancellation)
    {
        if (!HostMatch.TryFind(routes.Current, host, out var route) || route.Deployment != deployment)
            return new(null, "The deployment is not to be reached at present", IsRouted: false);
        var live = deployments.Of(route);

        // Not refused for the limits of visitors: there are few of these, and who sends them is the platform.
        live.TryAdmit(int.MaxValue);
        var entered = false;
        try
        {
            var isolate = live.TryEnter();
            if (isolate is null)
            {
                var acquired = await live.AcquireAsync(StartLimit, cancellation);
                if (!acquired.Success)
                    return new(null, ProblemOf(acquired.Error));
                isolate = acquired.Isolate;
            }
            entered = true;
            return new(new Visit(isolate.Lease, () => Leave(live, isolate)), null);
        }
        finally
        {
            if (!entered)
                live.Leave();
        }
    }

    void Leave(LiveDeployment live, LiveIsolate isolate)
    {
        isolate.Leave(deployments.Now);
        live.Leave();
    }

    static string ProblemOf(ForwardingError error) => error switch
    {
        ForwardingError.DeploymentNotFound => "The deployment is gone",
        ForwardingError.UncaughtException => "The program threw while it started",
        ForwardingError.MemoryLimit => "Memory limit exceeded while it started",
        ForwardingError.TimeLimit or ForwardingError.RequestTimeout => "The program did not start in time",
        ForwardingError.NoCapacity => "This node runs as many isolates as it may",
        ForwardingError.IsolateLimit => "The organization runs as many isolates as it may",
        _ => "The isolate could not be started",
    };
}
