using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Islet.Gateway.Secrets;

/// <summary>A WebSocket, or whatever else, after its 101: two raw copies. The first end that comes ends both.</summary>
static class RelayUpgrade
{
    public static async Task RunAsync(HttpResponseMessage answer, HttpContext context)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
            throw new IOException("101 without a question.");
        RelayAnswer.CopyFields(answer, context.Response);
        if (answer.Headers.NonValidated.TryGetValues(HeaderNames.Upgrade, out var protocol))
            context.Response.Headers.Upgrade = protocol.ToString();
        await using var host = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        await using var program = await upgrade.UpgradeAsync();

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var up = CopyAsync(program, host, ended.Token);
        var down = CopyAsync(host, program, ended.Token);
        await Task.WhenAny(up, down);
        await ended.CancelAsync();
        await Task.WhenAll(up, down);
    }

    static async Task CopyAsync(Stream from, Stream to, CancellationToken ended)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReadAsync(buffer, ended) is > 0 and var count)
                await to.WriteAsync(buffer.AsMemory(0, count), ended);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // either side died: the other sees its connection end without a close frame, which is what happened
        }
    }
}
