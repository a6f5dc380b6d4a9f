using System.Buffers;
using Islet.Kv.Engine;
using Islet.Kv.Usage;
using Islet.Kv.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Islet.Kv.Connect;

/// <summary>
/// The data path of KV Connect: decode → call the database → encode. A 400 is for good and its text is shown to the program;
/// a 503 is tried again by clients, without an end: so it is only for what will pass.
/// </summary>
public sealed partial class ServeKv(KvDatabases databases, KvUsage usage, ServeWatch watch, ILogger<ServeKv> log)
{
    const string Protobuf = "application/x-protobuf";

    /// <param name="method">snapshot_read, atomic_write or watch.</param>
    public async Task RunAsync(HttpContext context, KvGrant grant, string method)
    {
        try
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = null; // CallBody has the bound; with one here the connection would be cut under the refusal
            using var use = await databases.OpenAsync(grant.Database, context.RequestAborted);
            switch (method)
            {
                case "snapshot_read":
                    await ReadAsync(context, grant, use.Database);
                    break;
                case "atomic_write":
                    await WriteAsync(context, grant, use.Database);
                    break;
                case "watch":
                    await watch.RunAsync(context, grant, use.Database);
                    break;
                default:
                    await TellAsync(context, StatusCodes.Status404NotFound, "There is no such method of KV Connect.");
                    break;
            }
        }
        catch (KvException refused)
        {
            await TellAsync(context, StatusCodes.Status400BadRequest, refused.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // nobody waits for an answer
        }
        catch (BadHttpRequestException refused)
        {
            await TellAsync(context, refused.StatusCode, refused.Message);
        }
        catch (Exception problem)
        {
            Log.CallFailed(log, method, grant.Database, problem);
            await TellAsync(context, StatusCodes.Status503ServiceUnavailable, "The database is not available at the moment.");
        }
    }

    async Task ReadAsync(HttpContext context, KvGrant grant, KvDatabase database)
    {
        await database.Throughput.PayAsync(0, context.RequestAborted);
        using var turn = await database.Calls.EnterAsync(context.RequestAborted);
        using var body = await CallBody.ReadAsync(context.Request, KvLimits.RequestBytes, context.RequestAborted);
        var ranges = SnapshotRead.Decode(body.Bytes);
        using var wide = await database.Calls.EnterWideAsync(ranges, context.RequestAborted);
        using var answer = new ReadAnswer();
        await database.ReadAsync(ranges, answer, context.RequestAborted);
        usage.Read(grant, answer);
        database.Throughput.Owe(answer.Length);

        var size = answer.Size();
        (context.Response.ContentType, context.Response.ContentLength) = (Protobuf, size);
        answer.WriteTo(context.Response.BodyWriter);
        await SendAsync(context);
    }

    async Task WriteAsync(HttpContext context, KvGrant grant, KvDatabase database)
    {
        if (!grant.MayWrite)
        {
            await TellAsync(context, StatusCodes.Status403Forbidden, "The token may read this database, not write to it.");
            return;
        }
        await database.Throughput.PayAsync(Math.Min(context.Request.ContentLength ?? 0, KvLimits.RequestBytes), context.RequestAborted);
        using var turn = await database.Calls.EnterAsync(context.RequestAborted);
        using var body = await CallBody.ReadAsync(context.Request, KvLimits.RequestBytes, context.RequestAborted);
        var write = AtomicWrite.Decode(body.Bytes);
        usage.CheckStorage(grant, write);
        var result = await database.WriteAsync(write, context.RequestAborted);
        usage.Written(grant, write, result);

        var output = new ArrayBufferWriter<byte>(32);
        WriteAnswer.Write(output, result);
        (context.Response.ContentType, context.Response.ContentLength) = (Protobuf, output.WrittenCount);
        context.Response.BodyWriter.Write(output.WrittenSpan);
        await SendAsync(context);
    }

    /// <summary>Who does not take an answer does not keep the memory it needs.</summary>
    static async Task SendAsync(HttpContext context)
    {
        var sending = context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        if (sending.IsCompleted)
        {
            await sending;
            return;
        }
        try
        {
            await sending.AsTask().WaitAsync(CallTurns.SendLimit, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            context.Abort();
        }
    }

    internal static async Task TellAsync(HttpContext context, int status, string text)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        context.Response.Clear();
        (context.Response.StatusCode, context.Response.ContentType) = (status, "text/plain; charset=utf-8");
        await context.Response.WriteAsync(text, CancellationToken.None);
    }

    static partial class Log
    {
        [LoggerMessage(6010, LogLevel.Error, "{Method} of KV database {Database} failed")]
        public static partial void CallFailed(ILogger log, string method, Guid database, Exception problem);
    }
}
