using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Islet.Edge.Forwarding;

/// <summary>A WebSocket after its 101: two raw copies. Frames are not looked at; the first end that comes ends both.</summary>
static class RelayUpgrade
{
    public static async Task RunAsync(IsolateLink link, HttpContext context)
    {
        context.Response.Headers.Upgrade = "websocket";
        await using var visitor = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
        using var ended = new CancellationTokenSource();

        var up = CopyUpAsync(visitor, link, ended.Token);
        try
        {
            await CopyDownAsync(link, visitor);
        }
        catch (Exception e) when (IsolateLink.IsBroken(e) || IsVisitorGone(e))
        {
            // either side died: the visitor sees its connection end without a close frame, which is what happened
        }

        await ended.CancelAsync();
        link.Close(LinkEnd.Done);
        await up;
    }

    static async Task CopyDownAsync(IsolateLink link, Stream visitor)
    {
        if (!link.Unread.IsEmpty)
            await visitor.WriteAsync(link.UnreadMemory);
        link.Consume(link.Unread.Length);
        var buffer = link.EmptyReceiveBuffer;
        while (await link.ReceiveAsync(buffer) is > 0 and var count)
        {
            link.Took(count);
            await visitor.WriteAsync(buffer[..count]);
        }
    }

    static async Task CopyUpAsync(Stream visitor, IsolateLink link, CancellationToken ended)
    {
        try
        {
            while (await visitor.ReadAsync(link.SendBuffer, ended) is > 0 and var count)
                await link.SendAsync(link.SendBuffer.AsMemory(0, count));
        }
        catch (Exception e) when (IsolateLink.IsBroken(e) || IsVisitorGone(e))
        {
            // the same as a clean end: both are closed below
        }

        link.Close(LinkEnd.ClientGone);
    }

    static bool IsVisitorGone(Exception e) => e is IOException or OperationCanceledException or InvalidOperationException;
}
