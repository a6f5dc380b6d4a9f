using System.Text.Json;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Logs;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.DenoDeploy;

/// <summary>Application logs, past or live, in the words of a dialect.</summary>
sealed class AppLogs(LogAccess access, LogSearch search, LiveLines live, TimeProvider clock)
{
    /// <summary>What both dialects say about the query.</summary>
    public static void Ask(ApiOperation operation) => operation
        .Says("With since, until or a cursor: lines of the past. Without: lines from now on, until the client goes.")
        .Asks("q", Schemas.Text().Nullable(), "Text that a message contains")
        .Asks("level", Schemas.NullableRef("LogLevel", "string"), "Levels, comma separated; all, if it is left out")
        .Asks("region", Schemas.NullableRef("Region", "string"), "Regions, comma separated; all, if it is left out")
        .Asks("since", Schemas.Time().Nullable().Like("2026-01-01T00:00:00Z"), "Begin of the range")
        .Asks("until", Schemas.Time().Nullable(), "End of the range")
        .Asks("limit", Schemas.Integer(minimum: 1, maximum: 10_000).Nullable().Default(100), "The most lines of an answer about the past")
        .Asks("sort", Schemas.Text().Nullable(), "time is the only one")
        .Asks("order", Schemas.Text().Nullable(), "desc, which is the default, or asc")
        .Asks("cursor", Schemas.Text().Nullable(), "Of the last line of the answer before")
        .Links("CursorLinkHeader");

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
