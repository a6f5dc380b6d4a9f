using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Wire;

/// <summary>An error with the headers that clients look for.</summary>
sealed record ErrorAnswer<T>(int Status, T Body) : IResult, IStatusCodeHttpResult
{
    /// <summary>When asking again may help; null: the same will be said.</summary>
    public TimeSpan? RetryAfter { get; init; }

    int? IStatusCodeHttpResult.StatusCode => Status;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var headers = httpContext.Response.Headers;
        if (Status == StatusCodes.Status401Unauthorized)
            headers.WWWAuthenticate = "Bearer";
        // the official client goes by this before it looks at the status: without it, it would repeat every 409 and 5xx
        headers["x-should-retry"] = RetryAfter is null ? "false" : "true";
        if (RetryAfter is { } after)
            headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return ApiJson.Of(Status, Body).ExecuteAsync(httpContext);
    }
}
