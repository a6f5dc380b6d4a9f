using System.Globalization;
using System.Text.Json;
using Islet.Contracts;
using Islet.Kv.Connect;
using Islet.Kv.Engine;
using Microsoft.AspNetCore.Http;

namespace Islet.Kv.Queues;

/// <summary>
/// <c>queue.islet.internal</c>, for the prelude of slots: <c>POST /listen</c> is a stream of messages, a line of JSON each;
/// <c>POST /finish?id=…&amp;ok=1</c> tells how a handler ended; all else is KV Connect, by HTTP/1.1. Queue and isolate are those of the calling slot.
/// </summary>
public sealed class ServeQueue(KvDatabases databases, ServeSlots slots, TimeProvider time)
{
    public const string Host = "queue.islet.internal";
    public const int Port = 80;

    static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(5);
    static readonly byte[] Ping = "\n"u8.ToArray();

    /// <summary>Streams end when it does.</summary>
    public CancellationToken Stopping { get; set; }

    public async Task RunAsync(HttpContext context)
    {
        var caller = context.Features.Get<SlotCaller>()!;
        var path = context.Request.Path.Value;
        if (path is not ("/listen" or "/finish"))
        {
            await slots.RunAsync(context);
            return;
        }
        if (caller.Database is not { } id || !HttpMethods.IsPost(context.Request.Method))
        {
            await ServeKv.TellAsync(context, StatusCodes.Status404NotFound, "This deployment has no queue.");
            return;
        }
        try
        {
            using var use = await databases.OpenAsync(id, context.RequestAborted);
            if (path == "/listen")
                await ListenAsync(context, caller, use.Database);
            else
                await FinishAsync(context, caller, use.Database);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested || Stopping.IsCancellationRequested)
        {
            // the isolate is gone, or we are
        }
    }

    async Task ListenAsync(HttpContext context, SlotCaller caller, KvDatabase database)
    {
        await using var listener = database.Pump.Add(caller);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, Stopping);
        context.Response.ContentType = "application/x-ndjson";
        await context.Response.BodyWriter.WriteAsync(Ping, over.Token); // it listens
        using var pings = new PeriodicTimer(PingEvery, time); // the one timer of the stream, whatever is sent
        var (waiting, ping) = (WaitAsync(), PingAsync());
        while (true)
        {
            if (await Task.WhenAny(waiting, ping) == waiting)
            {
                if (!await waiting)
                    return;
                while (listener.Messages.TryRead(out var message))
                    Write(context, message);
                await context.Response.BodyWriter.FlushAsync(over.Token);
                waiting = WaitAsync();
            }
            else
            {
                await ping;
                await context.Response.BodyWriter.WriteAsync(Ping, over.Token);
                ping = PingAsync();
            }
        }

        Task<bool> WaitAsync() => listener.Messages.WaitToReadAsync(over.Token).AsTask();
        Task<bool> PingAsync() => pings.WaitForNextTickAsync(over.Token).AsTask();
    }

    static void Write(HttpContext context, QueuedMessage message)
    {
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteNumber("id", message.Id);
            json.WriteNumber("attempt", message.Attempt);
            json.WriteBase64String("payload", message.Payload.Span);
            json.WriteEndObject();
        }
        Ping.CopyTo(context.Response.BodyWriter.GetSpan(1));
        context.Response.BodyWriter.Advance(1);
    }

    static async Task FinishAsync(HttpContext context, SlotCaller caller, KvDatabase database)
    {
        var known = long.TryParse(context.Request.Query["id"], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && await database.Pump.FinishAsync(caller.Isolate, id, context.Request.Query["ok"] == "1", context.RequestAborted);
        context.Response.StatusCode = known ? StatusCodes.Status204NoContent : StatusCodes.Status404NotFound;
    }
}
