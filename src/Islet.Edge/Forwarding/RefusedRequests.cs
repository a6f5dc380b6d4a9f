using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Islet.Edge.Forwarding;

/// <summary>Requests that Kestrel accepts and the edge does not.</summary>
static class RefusedRequests
{
    // Where Kestrel puts the content-length when a transfer-encoding stands beside it, which it then believes.
    const string HiddenContentLength = "X-Content-Length";

    public static ForwardingError Check(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.TransferEncoding is { Count: > 0 } encoding && (headers.ContainsKey(HiddenContentLength) || !IsPlainChunked(encoding, context.Request)))
            return ForwardingError.BadRequest;
        return HttpMethods.IsConnect(context.Request.Method) ? ForwardingError.MethodNotAllowed : ForwardingError.None;
    }

    // Kestrel looks at the last coding only, and in HTTP/1.0 as well, where the field means nothing (RFC 9112 section 6.1).
    static bool IsPlainChunked(in StringValues encoding, HttpRequest request) =>
        encoding.Count == 1 && string.Equals(encoding[0], "chunked", StringComparison.OrdinalIgnoreCase) && !HttpProtocol.IsHttp10(request.Protocol);
}
