using Microsoft.AspNetCore.Http;

namespace Islet.Edge.Forwarding;

/// <summary>Requests that Kestrel accepts and the edge does not.</summary>
static class RefusedRequests
{
    // Where Kestrel puts the content-length when a transfer-encoding stands beside it, which it then believes.
    const string HiddenContentLength = "X-Content-Length";

    public static ForwardingError Check(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.TransferEncoding.Count > 0 && headers.ContainsKey(HiddenContentLength))
            return ForwardingError.BadRequest;
        return HttpMethods.IsConnect(context.Request.Method) ? ForwardingError.MethodNotAllowed : ForwardingError.None;
    }
}
