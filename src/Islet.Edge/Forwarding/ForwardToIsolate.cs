using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Islet.Edge.Admission;
using Islet.Edge.Leasing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Islet.Edge.Forwarding;

/// <summary>
/// One exchange with an isolate:
/// <code>
/// visitor --head+first bytes--> link      2
/// visitor --rest of body------> link      3   (runs beside 4 to 6)
/// visitor &lt;--head-------------- link      4, 5
/// visitor &lt;--body-------------- link      6
///                               link --> pool 7, if both directions ended cleanly
/// </code>
/// </summary>
sealed class ForwardToIsolate(LiveDeployments clock)
{
    /// <param name="NotReached">The isolate does not listen any more and has got nothing: another one may be asked.</param>
    public readonly record struct Outcome(ForwardingError Error, bool NotReached = false);

    /// <summary>
    /// Returns how it ended. An error other than <see cref="ForwardingError.Aborted"/> and
    /// <see cref="ForwardingError.ClientGone"/> means that nothing of an answer was begun.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Outcome> RunAsync(HttpContext context, LiveIsolate isolate, RequestTime time)
    {
        // To Kestrel all that follows any upgrade is a body; to us an upgrade has none.
        var upgradable = context.Request.Headers.Upgrade.Count > 0 && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };
        var upgrade = upgradable && IsWebSocket(context.Request);
        var hasBody = !upgradable && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };
        var mayRetry = !hasBody && !upgradable && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method));

        // 1 a link
        var sent = false;
        var link = isolate.Links.TryRent();
        while (true)
        {
            try
            {
                link ??= await isolate.Links.ConnectAsync();
            }
            catch (SocketException e)
            {
                // What was in flight when an isolate died ends with it: the program may have begun to serve it. One that
                // does not accept has not died.
                return new(ForwardingError.IsolateInternalFailure, NotReached: !sent && !LinkPool.IsFull(e));
            }

            sent = true;
            var error = await RunOnAsync(link, context, isolate, time, hasBody, upgrade);
            if (error is not null)
                return new(error.Value);

            // A reused link was dead before it said a word: once more, on a new one.
            if (!mayRetry)
                return new(ForwardingError.IsolateInternalFailure);
            mayRetry = false;
            link = null;
        }
    }

    /// <summary>Null: the link had died in the pool, and nothing came back.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<ForwardingError?> RunOnAsync(IsolateLink link, HttpContext context, LiveIsolate isolate, RequestTime time, bool hasBody, bool upgrade)
    {
        var upload = Task.CompletedTask;
        var clean = false;
        var silent = true;
        var begun = false;
        var gone = context.RequestAborted.UnsafeRegister(static link => ((IsolateLink)link!).Close(LinkEnd.ClientGone), link);
        link.SetDeadline(time.Begin);
        try
        {
            // 2 the head, and what is here of the body, in one call
            var length = upgrade ? null : context.Request.ContentLength;
            var size = RequestHead.Write(link, context, upgrade, hasBody, length);
            if (size < 0)
                return ForwardingError.BadRequest;
            if (hasBody)
            {
                link.Upload.Begin(link, context.Request.BodyReader, length, clock, time.Piece);
                size = link.Upload.TakeWhatIsHere(size);
            }

            await link.SendAsync(link.SendBuffer.AsMemory(0, size));

            // 3 the rest of the body
            if (hasBody && !link.Upload.Complete)
                upload = link.Upload.RunAsync();

            // 4 the answer's head
            int head;
            do
            {
                head = await ReceiveHeadAsync(link);
                if (head == 0)
                    return link.Reused && silent && link.Unread.IsEmpty && link.End == LinkEnd.Open ? null : Why(link);
                silent = false;
                link.Head.Parse(link.Unread[..head]);
                if (link.Head.Status < 200 && link.Head.Status != 101)
                    link.Consume(head); // 100 is between the isolate and us; visitors get no 103 from Kestrel
            }
            while (link.Head.Status < 200 && link.Head.Status != 101);

            // 5 the head to the visitor
            if (link.Head.Status == 101 && !(upgrade && link.Head.UpgradesToWebSocket))
                throw new IsolateProtocolException("101 without a question.");
            begun = true;
            ResponseFields.Apply(link.Head, link.Unread[..head], context.Response);
            link.Consume(head);
            if (link.Head.Status == 101)
            {
                link.SetDeadline(0);
                await RelayUpgrade.RunAsync(link, context);
                return ForwardingError.None;
            }

            link.SetDeadline(time.End);

            // 6 the body to the visitor
            var end = await RelayResponse.RunAsync(link, context);
            clean = end == BodyEnd.Clean;
            return end == BodyEnd.ClientGone ? ForwardingError.ClientGone : ForwardingError.None;
        }
        catch (Exception e) when (IsolateLink.IsBroken(e) || e is IsolateProtocolException)
        {
            if (begun)
                return link.End == LinkEnd.ClientGone ? ForwardingError.ClientGone : ForwardingError.Aborted;
            return e is not IsolateProtocolException && link.Reused && silent && link.End == LinkEnd.Open ? null : Why(link);
        }
        catch (BadHttpRequestException e)
        {
            return UploadBody.ErrorOf(e);
        }
        finally
        {
            // 7 both directions over, then the link goes back
            gone.Dispose();
            link.SetDeadline(0);
            if (!upload.IsCompleted)
                await link.Upload.StopAsync(upload);
            if (clean && (!hasBody || link.Upload.Complete))
                isolate.Links.Return(link, clock.Now);
            else
                isolate.Links.Discard(link, LinkEnd.Done);
        }
    }

    /// <summary>Length of the head in <see cref="IsolateLink.Unread"/>; 0 when the isolate ended instead.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    static async ValueTask<int> ReceiveHeadAsync(IsolateLink link)
    {
        var searched = 0;
        while (true)
        {
            var head = ResponseHead.FindEnd(link.Unread, searched);
            if (head > 0)
                return head;
            searched = link.Unread.Length;
            var count = await link.ReceiveAsync();
            if (count == 0)
                return 0;
            link.Received(count);
        }
    }

    static ForwardingError Why(IsolateLink link) => link.End switch
    {
        LinkEnd.Open or LinkEnd.Done => ForwardingError.IsolateInternalFailure,
        LinkEnd.ClientGone => ForwardingError.ClientGone,
        LinkEnd.TimedOut => ForwardingError.RequestTimeout,
        LinkEnd.UploadFailed => link.Upload.Error,
    };

    static bool IsWebSocket(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers.Upgrade is { Count: 1 } upgrade
        && string.Equals(upgrade[0], "websocket", StringComparison.OrdinalIgnoreCase);
}
