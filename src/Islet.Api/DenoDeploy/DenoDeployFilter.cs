using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Api.DenoDeploy;

/// <summary>Around every endpoint of the group: trace name, who calls, and one place where what went wrong becomes JSON.</summary>
sealed partial class DenoDeployFilter(
    AuthenticateToken authenticate, IOptions<ControlPlaneOptions> options, ILogger<DenoDeployFilter> logger) : IEndpointFilter
{
    const string Scheme = "Bearer ";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers[Ray.Header] = Ray.New(options.Value.Region);
        try
        {
            if (await AuthenticateAsync(http) is not { } caller)
                return DenoDeployErrors.Refused(new(RefusalCode.Unauthorized, "A valid access token is needed: Authorization: Bearer <token>"));
            http.Features.Set(caller);
            return await next(context);
        }
        catch (WireException exception)
        {
            return DenoDeployErrors.Refused(exception.Refusal);
        }
        catch (BadHttpRequestException exception)
        {
            return DenoDeployErrors.BadRequest(exception.StatusCode);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty; // nobody is there to hear it
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, http.Request.Method, http.Response.Headers[Ray.Header]);
            return DenoDeployErrors.Internal();
        }
    }

    ValueTask<Caller?> AuthenticateAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return ValueTask.FromResult<Caller?>(null);
        return authenticate.RunAsync(header[Scheme.Length..].Trim(), http.RequestAborted);
    }

    static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Error, "A {Method} call failed, trace {Ray}")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string? ray);
    }
}

static class CallerFeature
{
    /// <summary>Who calls, within the group that has the <see cref="DenoDeployFilter"/>.</summary>
    public static Caller Caller(this HttpContext http) =>
        http.Features.Get<Caller>() ?? throw new InvalidOperationException("This endpoint is outside of the authenticated group.");
}
