using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Api.Wire;

/// <summary>
/// Looks after each call that may change something: a change that its operation did not put into the audit log itself is
/// put there by the name of its endpoint, and so is what somebody was not allowed to do.
/// </summary>
static class AuditCalls
{
    public static async Task RunAsync(HttpContext http, Caller caller, object? answer)
    {
        if (caller.Trail is not { IsWritten: false } trail || http.GetEndpoint() is not RouteEndpoint endpoint)
            return;
        var status = (answer as IStatusCodeHttpResult)?.StatusCode;
        if (status is not (StatusCodes.Status200OK or StatusCodes.Status403Forbidden))
            return; // nothing was done, and nothing that was forbidden was tried
        var log = http.RequestServices.GetRequiredService<AuditLog>();
        await log.WriteAsync(
            caller, trail.Organization ?? OrganizationOf(http, caller), $"{http.Request.Method} {endpoint.RoutePattern.RawText}",
            http.Request.Path, status == StatusCodes.Status200OK ? "done" : "forbidden", CancellationToken.None);
    }

    static OrganizationId? OrganizationOf(HttpContext http, Caller caller) =>
        http.Request.RouteValues.TryGetValue("organizationId", out var named) && Guid.TryParseExact(named as string, "D", out var id)
            && caller.Organizations.Contains(new(id)) ? new(id)
        : caller.Organizations is [var only] ? only
        : null;
}
