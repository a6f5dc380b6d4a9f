using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Islet.Gateway.Secrets;

/// <summary>A host's answer to the program: each piece goes on as it comes.</summary>
static class RelayAnswer
{
    public static async Task RunAsync(HttpResponseMessage answer, HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        CopyFields(answer, response);
        if (response.StatusCode is not StatusCodes.Status204NoContent)
            response.ContentLength = answer.Content.Headers.ContentLength;

        // the head at once: what follows may be a stream that says nothing for long
        await response.StartAsync(context.RequestAborted);
        await using (var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted))
        {
            var buffer = new byte[16 * 1024];
            while (await body.ReadAsync(buffer, context.RequestAborted) is > 0 and var count)
                await response.Body.WriteAsync(buffer.AsMemory(0, count), context.RequestAborted);
        }

        // Trailers need HTTP/2, or HTTP/1.1 that was announced; elsewhere there is no place for them.
        if (!response.SupportsTrailers())
            return;
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
            response.AppendTrailer(name, new StringValues([.. values]));
    }

    /// <summary>All but those of the outer connection.</summary>
    public static void CopyFields(HttpResponseMessage answer, HttpResponse response)
    {
        var connection = answer.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var options) ? new StringValues([.. options]) : default;
        Copy(answer.Headers.NonValidated, response, connection);
        Copy(answer.Content.Headers.NonValidated, response, connection);
    }

    static void Copy(in HttpHeadersNonValidated from, HttpResponse to, in StringValues connection)
    {
        foreach (var (name, values) in from)
        {
            if (!ConnectionFields.Drops(name, connection))
                to.Headers.Append(name, new StringValues([.. values]));
        }
    }
}
