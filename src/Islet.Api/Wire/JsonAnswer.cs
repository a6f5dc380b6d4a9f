using Microsoft.AspNetCore.Http;

namespace Islet.Api.Wire;

/// <summary>An answer as it goes out.</summary>
/// <param name="Link">Value of that header (RFC 8288); null: none.</param>
sealed record JsonAnswer(int Status, byte[] Body, string? Link) : IResult, IStatusCodeHttpResult
{
    int? IStatusCodeHttpResult.StatusCode => Status;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = ApiJson.ContentType;
        response.ContentLength = Body.Length;
        if (Link is not null)
            response.Headers.Link = Link;
        await response.Body.WriteAsync(Body, httpContext.RequestAborted);
    }
}
