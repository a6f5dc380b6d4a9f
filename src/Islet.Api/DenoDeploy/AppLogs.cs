using System.Text.Json;
using Islet.Api.Wire;
using Islet.ControlPlane.Logs;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.DenoDeploy;

/// <summary>Application logs, past or live, in the words of a dialect.</summary>
sealed class AppLogs(LogAccess access, LogSearch search, LiveLines live, TimeProvider clock)
{
    public async Task<IResult> AnswerAsync(
        HttpContext http, DeploymentId deployment, Action<Utf8JsonWriter, AppLogLine> write, Func<Refusal, IResult> refused)
    {
        var found = await access.FindAsync(http.Caller(), deployment, http.RequestAborted);
        if (found.IsRefused(out var refusal))
            return refused(refusal);
        var wanted = AppLogRequest.Read(http.Request.Query, deployment, clock.GetUtcNow());
        return wanted.Past is { } query
            ? await SendPast(http, query, write)
            : await FollowLive(http, deployment, wanted.Filter, write, refused);
    }

    async Task<IResult> SendPast(HttpContext http, LogQuery query, Action<Utf8JsonWriter, AppLogLine> write)
    {
        var page = await search.FindAsync(query, http.RequestAborted);
        if (page.Next is { } next)
            http.Response.Headers.Link = CursorLink.Next(http.Request, next.ToText(query.Deployment, query.Descending));
        await LogStream.SendAsync(http, page.Lines, write, http.RequestAborted);
        return Results.Empty;
    }

    async Task<IResult> FollowLive(
        HttpContext http, DeploymentId deployment, LogFilter filter, Action<Utf8JsonWriter, AppLogLine> write, Func<Refusal, IResult> refused)
    {
        using var subscription = live.Subscribe(deployment, filter);
        if (subscription is null)
            return refused(new(RefusalCode.TooManyRequests, "This deployment has too many live log readers") { RetryAfter = TimeSpan.FromSeconds(5) });
        try
        {
            var lines = live.ReadAsync(subscription, http.Caller(), LogStream.WantsNdjson(http.Request), http.RequestAborted);
            await LogStream.FollowAsync(http, lines, write, http.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client left, as most readers of a live log end.
        }

        return Results.Empty;
    }
}
