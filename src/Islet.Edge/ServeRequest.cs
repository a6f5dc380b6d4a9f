using System.Runtime.CompilerServices;
using System.Globalization;
using Islet.Contracts;
using Islet.Edge.Admission;
using Islet.Edge.Forwarding;
using Islet.Edge.Leasing;
using Islet.Edge.Listening;
using Islet.Edge.Loops;
using Islet.Edge.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Islet.Edge;

/// <summary>
/// Serves every request whose host is not the platform's:
/// 1 match host → 2 admit → 3 lease → 4 forward → 5 count.
/// </summary>
public sealed class ServeRequest
{
    readonly IRouteSource routes;
    readonly LiveDeployments deployments;
    readonly AdmitRequest admit;
    readonly ForwardToIsolate forward;
    readonly EdgeOptions options;
    readonly StringValues server;
    readonly StringValues via = "http/1.1 edgeproxy";

    internal ServeRequest(IRouteSource routes, LiveDeployments deployments, AdmitRequest admit, ForwardToIsolate forward, EdgeOptions options)
    {
        (this.routes, this.deployments, this.admit, this.forward, this.options) = (routes, deployments, admit, forward, options);
        server = $"deno/{options.Region}";
    }

    /// <summary>The terminal middleware. Does not throw for what visitors, programs or isolates do.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        EdgeMetrics.Began();
        var error = ForwardingError.None;
        try
        {
            Stamp(context.Response);
            error = await ServeAsync(context);
            if (error != ForwardingError.None)
            {
                if (!context.Response.HasStarted)
                {
                    context.Response.Clear();
                    Stamp(context.Response);
                }

                await ErrorPages.AnswerAsync(context, error);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            error = ForwardingError.ClientGone;
        }
        finally
        {
            // 5 count
            EdgeMetrics.Ended(error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<ForwardingError> ServeAsync(HttpContext context)
    {
        // 1 match host
        if (RefusedRequests.Check(context) is var refusal and not ForwardingError.None)
            return refusal;
        if (!HostMatch.TryFind(routes.Current, context.Request.Headers.Host.ToString(), out var route))
            return ForwardingError.DeploymentNotFound;

        // 2 admit
        var hop = deployments.Loops.HopOf(context);
        if (hop > HopCounts.Most)
            return ForwardingError.LoopDetected;
        var deployment = deployments.Of(route);
        if (admit.Run(deployment, route.Limits) is var refused and not ForwardingError.None)
            return refused;
        try
        {
            if (admit.TurnOf(context.Features.Get<Arrival>(), deployment, route.Limits) is not { } turn)
                return ForwardingError.RateLimit;
            if (turn > TimeSpan.Zero)
                await Task.Delay(turn, deployments.Time, context.RequestAborted);
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
                bodySize.MaxRequestBodySize = options.MaxBodySize;
            return await LeaseAndForwardAsync(context, route, deployment, hop);
        }
        finally
        {
            deployment.Leave();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<ForwardingError> LeaseAndForwardAsync(HttpContext context, Route route, LiveDeployment deployment, int hop)
    {
        var time = RequestTime.Of(route, options, deployments);
        for (var again = false; ; again = true)
        {
            // 3 lease
            var isolate = deployment.TryEnter();
            if (isolate is null)
            {
                var acquired = await deployment.AcquireAsync(time.ToBegin, context.RequestAborted);
                if (!acquired.Success)
                    return acquired.Error;
                isolate = acquired.Isolate;
                if (acquired.ColdStart is { } cold)
                    context.Response.Headers["server-timing"] = string.Create(CultureInfo.InvariantCulture, $"cold;dur={cold.TotalMilliseconds:F1}");
            }

            // 4 forward
            isolate.Hops.Enter(hop);
            try
            {
                var outcome = await forward.RunAsync(context, isolate, time);
                if (outcome.Error != ForwardingError.IsolateInternalFailure)
                    return outcome.Error;
                var why = await EndOf(isolate);
                if (!outcome.NotReached)
                    return why;

                // It died while nobody looked and this request has not reached it: another isolate may serve it.
                isolate.Retire(ShutdownReason.Crashed);
                if (again)
                    return why;
            }
            finally
            {
                isolate.Hops.Leave(hop);
                isolate.Leave(deployments.Now);
            }
        }
    }

    /// <summary>The supervisor learns of an isolate's end a little later than its sockets do.</summary>
    async ValueTask<ForwardingError> EndOf(LiveIsolate isolate)
    {
        try
        {
            return (isolate.Condemned ?? (await isolate.Lease.Ended.WaitAsync(options.WaitForEnd, deployments.Time)).Reason) switch
            {
                ShutdownReason.MemoryLimit => ForwardingError.MemoryLimit,
                ShutdownReason.TimeLimit => ForwardingError.TimeLimit,
                ShutdownReason.CpuLimit => ForwardingError.CpuLimit,
                ShutdownReason.EventLoopBlocked => ForwardingError.EventLoopBlocked,
                ShutdownReason.Crashed => ForwardingError.UncaughtException,
                ShutdownReason.Idle or ShutdownReason.Replaced or ShutdownReason.Deleted or ShutdownReason.Exited
                    or ShutdownReason.ServerStopping => ForwardingError.IsolateInternalFailure,
            };
        }
        catch (TimeoutException)
        {
            return ForwardingError.IsolateInternalFailure;
        }
    }

    void Stamp(HttpResponse response)
    {
        var headers = response.Headers;
        headers.Server = server;
        headers[HeaderNames.Via] = via;
        headers[Ray.HeaderName] = Ray.Next(options.Region);
    }
}
