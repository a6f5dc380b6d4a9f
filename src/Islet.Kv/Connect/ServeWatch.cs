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
            while (true)
            {
                var entries = new EntryList();
                await database.ReadAsync(ranges, entries, over.Token);
                if (Changed(entries, seen))
                {
                    usage.Read(grant, entries);
                    WatchFrame.Write(context.Response.BodyWriter, entries);
                    await SendAsync(context, over.Token);
                }
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

    static bool Changed(EntryList entries, long[] seen)
    {
        var changed = false;
        for (var index = 0; index < seen.Length; index++)
        {
            var version = entries.Ranges[index] is [var entry] ? entry.Version : 0;
            changed |= version != seen[index];
            seen[index] = version;
        }
        return changed;
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
