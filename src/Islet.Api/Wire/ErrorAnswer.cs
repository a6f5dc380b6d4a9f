using Microsoft.AspNetCore.Http;

namespace Islet.Api.Wire;

/// <summary>An error with the headers that clients look for.</summary>
sealed record ErrorAnswer<T>(int Status, T Body) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var headers = httpContext.Response.Headers;
        if (Status == StatusCodes.Status401Unauthorized)
            headers.WWWAuthenticate = "Bearer";
        // what is said here will be said again; only asking later may change a 429
        if (Status != StatusCodes.Status429TooManyRequests)
            headers["x-should-retry"] = "false";
        return ApiJson.Of(Status, Body).ExecuteAsync(httpContext);
    }
}
