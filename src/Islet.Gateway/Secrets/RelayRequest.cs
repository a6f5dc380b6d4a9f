using System.Net;
using System.Security.Authentication;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Islet.Gateway.Secrets;

/// <summary>
/// Passes a request of a program on to a host that a secret is for:
/// 1 is it for this host? → 2 the request with secrets → 3 send → 4 the answer back.
/// </summary>
sealed partial class RelayRequest(ILogger<RelayRequest> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // 1 is it for this host?
        var upstream = context.Features.Get<Upstream>()!;
        if (Judge(context.Request, upstream) is { } refused)
        {
            await AnswerAsync(context, refused);
            return;
        }

        // 2 the request with secrets
        var upgrade = context.Request.Headers.Upgrade.Count > 0 && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };
        using var request = OuterRequest.TryMake(context, upstream, upgrade, out var reason);
        if (request is null)
        {
            await AnswerAsync(context, reason);
            return;
        }

        try
        {
            // 3 send
            using var answer = await upstream.SendAsync(request, context.RequestAborted);

            // 4 the answer back
            if (answer.StatusCode == HttpStatusCode.SwitchingProtocols)
                await RelayUpgrade.RunAsync(answer, context);
            else
                await RelayAnswer.RunAsync(answer, context);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException or HttpRequestException)
        {
            // the program hung up
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // InvalidOperationException: the host's fields break what Kestrel accepts. Its message is not passed on, nor are others.
            Log.Failed(log, upstream.Caller.Deployment, upstream.Host, e.GetType().Name);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await AnswerAsync(context, new(StatusCodes.Status502BadGateway, TextOf(e)));
        }
    }

    static Refused? Judge(HttpRequest request, Upstream upstream)
    {
        // TRACE would send the values back (RFC 9110 section 9.3.8), CONNECT asks for a tunnel past this.
        if (HttpMethods.IsTrace(request.Method) || HttpMethods.IsConnect(request.Method))
            return new(StatusCodes.Status405MethodNotAllowed, "The method is not passed on to a host with secrets.");
        if (!request.Host.Host.TrimEnd('.').Equals(upstream.Host, StringComparison.OrdinalIgnoreCase)
            || (request.Host.Port is { } port && port != upstream.Caller.Destination.Port))
            return new(StatusCodes.Status421MisdirectedRequest, "The Host header names another host than this connection was made for.");
        return null;
    }

    static string TextOf(Exception e) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } or { InnerException: AuthenticationException } =>
            "TLS to the host failed: its certificate is not believed, or it does not speak TLS.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "The host could not be reached.",
        OperationCanceledException => "The host could not be reached in time.",
        _ => "The host's answer could not be read.",
    };

    static Task AnswerAsync(HttpContext context, Refused refused)
    {
        context.Response.Clear();
        context.Response.StatusCode = refused.Status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"{refused.Text}\n", context.RequestAborted);
    }

    static partial class Log
    {
        [LoggerMessage(5401, LogLevel.Debug, "Request of {Deployment} to {Host} failed: {Error}")]
        public static partial void Failed(ILogger log, DeploymentId deployment, string host, string error);
    }
}
