using System.Text;
using Microsoft.AspNetCore.Http;

namespace Islet.Edge.Forwarding;

/// <summary>
/// What a visitor sees when the edge answers itself. Status, code and sentence are wire text that clients of the hosted
/// service match on; HTML when the request accepts it, else plain text.
/// </summary>
static class ErrorPages
{
    sealed record Page(int Status, byte[] Html, byte[] Text);

    const string NotFound = "The requested deployment does not exist.";
    const string Failed = "The deployment failed while serving the request.";

    static readonly Page?[] Pages = [.. Enum.GetValues<ForwardingError>().Select(PageOf)];

    /// <summary>Answers with the page of the error; an answer that has begun is aborted instead.</summary>
    public static Task AnswerAsync(HttpContext context, ForwardingError error)
    {
        if (Pages[(int)error] is not { } page || context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        var html = WantsHtml(context.Request);
        var body = html ? page.Html : page.Text;
        var response = context.Response;
        response.StatusCode = page.Status;
        response.ContentType = html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        if (error is ForwardingError.NoCapacity or ForwardingError.IsolateLimit or ForwardingError.TooManyRequests or ForwardingError.RateLimit)
            response.Headers.RetryAfter = "1";
        if (error is ForwardingError.BadRequest or ForwardingError.BodyTooLarge or ForwardingError.BodyTimeout && context.Request.Protocol[^3] == '1')
            response.Headers.Connection = "close";
        return response.Body.WriteAsync(body, 0, body.Length, context.RequestAborted);
    }

    static bool WantsHtml(HttpRequest request)
    {
        foreach (var value in request.Headers.Accept)
        {
            if (value is not null && value.Contains("text/html", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    static Page? PageOf(ForwardingError error) => error switch
    {
        ForwardingError.DeploymentNotFound => Of(404, "Not Found", "DEPLOYMENT_NOT_FOUND", NotFound),
        ForwardingError.UncaughtException => Of(502, "Bad Gateway", "UNCAUGHT_EXCEPTION", Failed),
        ForwardingError.IsolateInternalFailure => Of(502, "Bad Gateway", "ISOLATE_INTERNAL_FAILURE", Failed),
        ForwardingError.MemoryLimit => Of(502, "Bad Gateway", "MEMORY_LIMIT", Failed),
        ForwardingError.TimeLimit => Of(502, "Bad Gateway", "BOOT_TIME_LIMIT", Failed),
        ForwardingError.RequestTimeout => Of(504, "Gateway Timeout", "REQUEST_TIMEOUT", "The deployment did not answer in time."),
        ForwardingError.NoCapacity => Of(503, "Service Unavailable", "NO_CAPACITY", "The deployment cannot be started right now."),
        ForwardingError.TooManyRequests => Of(429, "Too Many Requests", "TOO_MANY_REQUESTS", "The deployment is serving too many requests."),
        ForwardingError.IsolateLimit => Of(503, "Service Unavailable", "ISOLATE_LIMIT", "The organization runs as many isolates as it may."),
        ForwardingError.RateLimit => Of(429, "Too Many Requests", "RATE_LIMIT", "The project gets more requests per second than it may."),
        ForwardingError.CpuLimit => Of(502, "Bad Gateway", "TIME_LIMIT", Failed),
        ForwardingError.EventLoopBlocked => Of(502, "Bad Gateway", "EVENT_LOOP_BLOCKED", Failed),
        ForwardingError.LoopDetected => Of(508, "Loop Detected", "LOOP_DETECTED", "Recursive requests to the same deployment cannot be processed."),
        ForwardingError.BadRequest => Of(400, "Bad Request", "BAD_REQUEST", "The request is malformed."),
        ForwardingError.BodyTooLarge => Of(413, "Content Too Large", "BODY_TOO_LARGE", "The body of the request is too large."),
        ForwardingError.BodyTimeout => Of(408, "Request Timeout", "BODY_TIMEOUT", "The body of the request came too slowly."),
        ForwardingError.MethodNotAllowed => Of(405, "Method Not Allowed", "METHOD_NOT_ALLOWED", "The method is not supported."),
        ForwardingError.None or ForwardingError.ClientGone or ForwardingError.Aborted => null,
    };

    static Page Of(int status, string reason, string code, string sentence) => new(
        status,
        Encoding.UTF8.GetBytes($"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>{status} {reason}</title></head>
            <body>
            <h1>{status} {reason}</h1>
            <p>{sentence}</p>
            <p>code: <code>{code}</code></p>
            </body>
            </html>

            """),
        Encoding.UTF8.GetBytes($"{status}: {reason} ({code})\n\n{sentence}\n"));
}
