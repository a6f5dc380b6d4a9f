using Islet.Api.Rates;
using Islet.Api.Retries;
using Islet.ControlPlane;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Api.Wire;

/// <summary>What is around the endpoints of every dialect.</summary>
sealed record Surroundings(
    AuthenticateToken Authenticate, CallRates Rates, RetryGuard Retries, UnchangedAnswers Unchanged, IOptions<ControlPlaneOptions> Options);

/// <summary>
/// Around every endpoint of a dialect: trace name, how often, who calls, what is left in the audit log, and one place
/// where what went wrong becomes its JSON.
/// </summary>
abstract partial class DialectFilter(Surroundings around, ILogger logger) : IEndpointFilter
{
    const string Scheme = "Bearer ";

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers[Ray.HeaderName] = Ray.Next(around.Options.Value.Region);
        try
        {
            if (await EnterAsync(http) is { } refusal)
                return Refused(refusal);
            var caller = http.CallerOrNobody();
            var question = caller is null ? null : await around.Unchanged.AskAsync(http, caller);
            if (question?.Answer is { } unchanged)
                return unchanged;
            var answer = await next(context);
            if (answer is JsonAnswer made)
                question?.Keep(made);
            if (caller is not null)
                await AuditCalls.RunAsync(http, caller, answer);
            return await around.Retries.LeaveAsync(http, answer);
        }
        catch (AnsweredBefore before)
        {
            return around.Retries.Replay(http, before);
        }
        catch (Exception exception)
        {
            var (answer, nothingDone) = Tell(http, exception);
            await around.Retries.FailAsync(http, nothingDone);
            return answer;
        }
    }

    protected abstract IResult Refused(Refusal refusal);

    /// <summary>For what the server itself could not read: broken framing, a body that stopped.</summary>
    protected abstract IResult Unreadable(int status, TimeSpan? retryAfter);

    protected abstract IResult Internal(TimeSpan? retryAfter);

    /// <summary>Null when the call may go on.</summary>
    async ValueTask<Refusal?> EnterAsync(HttpContext http)
    {
        if (around.Rates.RefuseAddress(http) is { } refusal)
            return refusal;
        if (await AuthenticateAsync(http) is { } caller)
        {
            http.Features.Set(Traced(caller, http));
            return around.Rates.Refuse(http, caller);
        }
        return IsOpen(http) ? null : new(RefusalCode.Unauthorized, "A valid access token is needed: Authorization: Bearer <token>");
    }

    ValueTask<Caller?> AuthenticateAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return ValueTask.FromResult<Caller?>(null);
        return around.Authenticate.RunAsync(header[Scheme.Length..].Trim(), http.RequestAborted);
    }

    static bool IsOpen(HttpContext http) =>
        http.Request.Headers.Authorization.Count == 0 && http.GetEndpoint()?.Metadata.GetMetadata<OpenToAll>() is not null;

    /// <summary>Calls that may change something tell from where they come.</summary>
    static Caller Traced(Caller caller, HttpContext http) =>
        IsSafe(http.Request.Method) || http.GetEndpoint()?.Metadata.GetMetadata<ChangesNothing>() is not null ? caller : caller with { Trail = http.Trail() };

    /// <summary>RFC 9110, section 9.2.1.</summary>
    static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    /// <summary>The answer, and whether the call is known to have done nothing. Whether it can be repeated follows from that.</summary>
    (IResult Answer, bool NothingDone) Tell(HttpContext http, Exception exception)
    {
        switch (exception)
        {
            case WireException unreadable:
                return (Refused(unreadable.Refusal), true);
            case BadHttpRequestException broken:
                return (Unreadable(broken.StatusCode, broken.StatusCode == StatusCodes.Status408RequestTimeout ? Soon : null), true);
            case OperationCanceledException when http.RequestAborted.IsCancellationRequested:
                return (Results.Empty, true); // nobody is there to hear it, and operations do not stop after their commit
            case var _ when http.RequestAborted.IsCancellationRequested:
                return (Results.Empty, false);
            case var _ when Clashes.IsOne(exception):
                return (Refused(new(RefusalCode.Busy, "Others changed the same at this moment: nothing was done, ask again") { RetryAfter = Soon }), true);
            default:
                Log.Failed(logger, exception, http.Request.Method, http.Response.Headers[Ray.HeaderName]);
                return (Internal(IsHarmlessTwice(http.Request.Method) ? Soon : null), false);
        }
    }

    static bool IsHarmlessTwice(string method) => IsSafe(method) || HttpMethods.IsPut(method);

    static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Error, "A {Method} call failed, trace {Ray}")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string? ray);
    }
}

static class CallerFeature
{
    /// <summary>Who calls, within a group that has a <see cref="DialectFilter"/>.</summary>
    public static Caller Caller(this HttpContext http) =>
        http.CallerOrNobody() ?? throw new InvalidOperationException("This endpoint is outside of the authenticated group.");

    /// <summary>Null where the endpoint is <see cref="OpenToAll"/> and no token was sent.</summary>
    public static Caller? CallerOrNobody(this HttpContext http) => http.Features.Get<Caller>();

    /// <summary>From where this call comes. A new one each time, so it is taken once for a call.</summary>
    public static Trail Trail(this HttpContext http) =>
        new(http.Connection.RemoteIpAddress?.ToString() ?? "", http.Request.Headers.UserAgent.ToString());
}
