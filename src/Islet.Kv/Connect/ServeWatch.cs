using System.Buffers;
using System.Buffers.Binary;
using Islet.Contracts;
using Islet.Kv.Engine;
using Islet.Kv.Usage;
using Islet.Kv.Watching;
using Islet.Kv.Wire;
using Microsoft.AspNetCore.Http;

namespace Islet.Kv.Connect;

/// <summary>
/// A stream of what stands at up to ten keys: all of it at once, then after each change. Each frame is one state of the
/// database. It ends when the database is closed or the server stops; clients come again.
/// </summary>
public sealed class ServeWatch(KvUsage usage)
{
    const int OfDatabase = 1000;

    /// <summary>Of the 100 streams that a connection has on the plain port; all calls of a client are on one.</summary>
    const int OfConnection = 64;

    /// <summary>The rest is as many calls as a database serves at once.</summary>
    const int OfSlotsConnection = ServeSlots.Streams - CallTurns.Calls;

    static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(5);
    static readonly byte[] Ping = new byte[sizeof(uint)];

    readonly ConnectionWatches connections = new();

    /// <summary>Streams end when it does.</summary>
    public CancellationToken Stopping { get; set; }

    internal async Task RunAsync(HttpContext context, KvGrant grant, KvDatabase database)
    {
        using var body = await CallBody.ReadAsync(context.Request, KvLimits.RequestBytes, context.RequestAborted);
        var keys = WatchMessage.Decode(body.Bytes);
        if (database.Watchers.Count >= OfDatabase)
            throw new KvException($"Too many watches of one database (max {OfDatabase}).");
        var most = context.Features.Get<SlotCaller>() is null ? OfConnection : OfSlotsConnection;
        using var place = connections.Enter(context.Connection.Id, most);

        using var watcher = database.Watchers.Add(keys); // first, so that no change falls between
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, watcher.Ended, Stopping);
        context.Response.ContentType = "application/octet-stream";
        var ranges = keys.Select(WatchMessage.RangeOf).ToArray();
        var seen = new long[keys.Count];
        Array.Fill(seen, Versionstamp.Never);
        try
        {
            for (var last = 0; ;)
            {
                await database.Throughput.PayAsync(last, over.Token); // it will be as long as the one before, and then has what came meanwhile
                last = await TellAsync(context, grant, database, ranges, seen, over.Token);
                while (!await watcher.WaitAsync(PingEvery, over.Token))
                {
                    context.Response.BodyWriter.Write(Ping);
                    await SendAsync(context, over.Token);
                    if (database.IsShared)
                        break; // a notice of another node may have been lost
                }
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // a stream has no other end
        }
    }

    /// <returns>Bytes of the frame; 0: there was nothing new.</returns>
    async Task<int> TellAsync(HttpContext context, KvGrant grant, KvDatabase database, ReadRange[] ranges, long[] seen, CancellationToken over)
    {
        using var frame = new WatchFrame();
        await database.ReadAsync(ranges, frame, over);
        if (!frame.Changes(seen))
            return 0;
        usage.Read(grant, frame.Keys, frame.Length);
        frame.WriteTo(context.Response.BodyWriter);
        await SendAsync(context, over);
        return frame.Length;
    }

    static async Task SendAsync(HttpContext context, CancellationToken over)
    {
        try
        {
            await context.Response.BodyWriter.FlushAsync(over).AsTask().WaitAsync(CallTurns.SendLimit, over);
        }
        catch (TimeoutException late)
        {
            context.Abort();
            throw new OperationCanceledException("A client did not take its frames.", late, context.RequestAborted);
        }
    }
}
