using System.Text.Json;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Islet.Gateway.Telemetry;

/// <summary>
/// Takes what Deno's exporter sends: OTLP over HTTP in JSON (opentelemetry.io/docs/specs/otlp). Log records go to the
/// console of the isolate they came from, which the connection tells; spans and metrics are read and forgotten. A
/// program may send here what it likes: it reaches its own log lines only.
/// </summary>
public sealed class ReceiveTelemetry
{
    /// <summary>Bytes of one request. The exporter sends at most 512 records.</summary>
    internal const int MostBytes = 4 << 20;

    internal const int MostRecords = 4096;

    static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(10);

    readonly IIsolateConsole console;
    readonly SlotBudgets budgets;

    internal ReceiveTelemetry(IIsolateConsole console, SlotBudgets budgets) => (this.console, this.budgets) = (console, budgets);

    /// <summary>One request. Its connection carries a <see cref="SlotCaller"/>.</summary>
    public Task RunAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (context.Features.Get<SlotCaller>() is not { } caller)
            return RefuseAsync(response, StatusCodes.Status403Forbidden, "Not from a slot.");
        if (request.Path.Value is not ("/v1/logs" or "/v1/traces" or "/v1/metrics"))
            return RefuseAsync(response, StatusCodes.Status404NotFound, "Not an OTLP path.");
        if (!HttpMethods.IsPost(request.Method))
        {
            response.Headers.Allow = HttpMethods.Post;
            return RefuseAsync(response, StatusCodes.Status405MethodNotAllowed, "Only POST.");
        }
        if (!IsPlainJson(request))
            return RefuseAsync(response, StatusCodes.Status415UnsupportedMediaType, "Only application/json, not compressed.");
        return TakeAsync(context, caller, isLogs: request.Path.Value == "/v1/logs");
    }

    async Task TakeAsync(HttpContext context, SlotCaller caller, bool isLogs)
    {
        using var turn = budgets.TryBegin(caller.Isolate, isLogs);
        if (turn is null)
        {
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context.Response, StatusCodes.Status429TooManyRequests, "Too much at once.");
            return;
        }
        await ReadAsync(context, (body, cancellation) =>
            isLogs ? TakeLogsAsync(caller, turn, body, cancellation) : ReadBody.DiscardAsync(body, turn, cancellation));
    }

    async Task TakeLogsAsync(SlotCaller caller, SlotBudgets.Turn turn, Stream body, CancellationToken cancellation)
    {
        using var json = await ReadBody.ToEndAsync(body, cancellation);
        turn.Add(json.Bytes.Length);
        if (LogRecords.Parse(json.Bytes.Span, MostRecords) is not { } records)
            throw new BadHttpRequestException("More records than a batch has.", StatusCodes.Status413PayloadTooLarge);
        turn.Add(0, records.Count);
        foreach (var record in records)
            console.Write(caller.Isolate, record);
    }

    // Hostile bodies end here, each kind with its status.
    static async Task ReadAsync(HttpContext context, Func<Stream, CancellationToken, Task> take)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(ReadLimit);
        try
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MostBytes;
            await take(context.Request.Body, limit.Token);
            await AnswerAsync(context.Response, StatusCodes.Status200OK, "{}");
        }
        catch (BadHttpRequestException refused)
        {
            await RefuseAsync(context.Response, refused.StatusCode, "The body is too large or broken.");
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // The reader throws the second for text that is not UTF-8 or has lone surrogates.
            await RefuseAsync(context.Response, StatusCodes.Status400BadRequest, "Not an ExportLogsServiceRequest.");
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            context.Abort();
        }
    }

    static bool IsPlainJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && request.Headers.ContentEncoding is [] or ["identity"];

    static Task RefuseAsync(HttpResponse response, int status, string message)
    {
        response.Headers.Connection = "close"; // what was not read is not read
        return AnswerAsync(response, status, $$"""{"message":"{{message}}"}""");
    }

    static Task AnswerAsync(HttpResponse response, int status, string json)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        return response.WriteAsync(json);
    }
}
