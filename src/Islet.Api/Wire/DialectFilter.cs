using Islet.ControlPlane;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Api.Wire;

/// <summary>Around every endpoint of a dialect: trace name, who calls, and one place where what went wrong becomes its JSON.</summary>
abstract partial class DialectFilter(AuthenticateToken authenticate, IOptions<ControlPlaneOptions> options, ILogger logger) : IEndpointFilter
{
    const string Scheme = "Bearer ";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers[Ray.HeaderName] = Ray.Next(options.Value.Region);
        try
        {
            if (await AuthenticateAsync(http) is not { } caller)
                return Refused(new(RefusalCode.Unauthorized, "A valid access token is needed: Authorization: Bearer <token>"));
            http.Features.Set(Traced(caller, http));
            return await next(context);
        }
        catch (WireException exception)
        {
            return Refused(exception.Refusal);
        }
        catch (BadHttpRequestException exception)
        {
            return Unreadable(exception.StatusCode);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty; // nobody is there to hear it
        }
        catch (Exception exception) when (Clashes.IsOne(exception))
        {
            return Refused(new(RefusalCode.Busy, "Others changed the same at this moment: nothing was done, ask again") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, http.Request.Method, http.Response.Headers[Ray.HeaderName]);
            return Internal();
        }
    }

    protected abstract IResult Refused(Refusal refusal);

    /// <summary>For what the server itself could not read: broken framing, a body that stopped.</summary>
    protected abstract IResult Unreadable(int status);

    protected abstract IResult Internal();

    ValueTask<Caller?> AuthenticateAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return ValueTask.FromResult<Caller?>(null);
        return authenticate.RunAsync(header[Scheme.Length..].Trim(), http.RequestAborted);
    }

    /// <summary>Calls that may change something tell from where they come.</summary>
    static Caller Traced(Caller caller, HttpContext http) => HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)
        ? caller
        : caller with { Trail = new(http.Connection.RemoteIpAddress?.ToString() ?? "", http.Request.Headers.UserAgent.ToString()) };

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
        http.Features.Get<Caller>() ?? throw new InvalidOperationException("This endpoint is outside of the authenticated group.");
}
