using System.Text.Json;
using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Egress;
using Islet.ControlPlane.Logs;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// What the gateway decided about connections and questions of a deployment.
/// <code>
///   GET …/egress?since&amp;until&amp;verdict=allowed,refused,closed&amp;limit&amp;cursor&amp;order
///     200  [ { "time", "verdict", "destination", "host", "rule", "sentBytes", "receivedBytes" } ]   Link: rel="next"
///   GET …/egress/totals
///     200  { "since", "connections": { "allowed", "refused", "closed" }, "sentBytes", "receivedBytes", "recordsDropped",
///            "rules": [ { "rule", "allowed", "refused", "closed", "sentBytes", "receivedBytes" } ] }
/// </code>
/// The newest come first unless <c>order</c> is <c>asc</c>. Bytes are those of connections that are over, whose rule tells
/// how they ended. Refused are connections and questions for names. Totals are over
/// all days that are kept, records that were dropped in a flood excepted: those are counted by themselves.
/// </summary>
static class EgressEndpoints
{
    static readonly Dictionary<string, EgressVerdict> Verdicts =
        Enum.GetValues<EgressVerdict>().ToDictionary(NameOf, StringComparer.Ordinal);

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/deployments/{deploymentId}/egress", List)
            .Describe("list_egress", "deployment", "List what the gateway decided").Streams("EgressRecord")
            .Asks("since", Schemas.Time().Nullable(), "Begin of the range")
            .Asks("until", Schemas.Time().Nullable(), "End of the range")
            .Asks("verdict", Schemas.Text().Nullable(), $"Some of {string.Join(", ", Verdicts.Keys)}, comma separated; all, if it is left out")
            .Asks("limit", Schemas.Integer(minimum: 1, maximum: EgressQuery.MaxLimit).Nullable().Default(100), "The most records of an answer")
            .Asks("order", Schemas.Text().Nullable(), "desc, which is the default, or asc")
            .Asks("cursor", Schemas.Text().Nullable(), "Of the last record of the answer before")
            .Links("CursorLinkHeader");
        group.MapRead("/deployments/{deploymentId}/egress/totals", Totals)
            .Describe("get_egress_totals", "deployment", "Get sums of what the gateway decided").Answers<TotalsWire>();
    }

    static async Task<IResult> List(string deploymentId, HttpContext http, LogAccess access, EgressSearch search, TimeProvider clock)
    {
        var deployment = PathIds.Deployment(deploymentId);
        if ((await access.FindAsync(http.Caller(), deployment, http.RequestAborted)).IsRefused(out var refusal))
            return IsletErrors.Refused(refusal);
        var query = Read(http.Request.Query, deployment, clock.GetUtcNow());
        var page = await search.FindAsync(query, http.RequestAborted);
        if (page.Next is { } next)
            http.Response.Headers.Link = CursorLink.Next(http.Request, next.ToText(deployment, query.Descending));
        await LogStream.SendAsync(http, page.Records, Write, http.RequestAborted);
        return Results.Empty;
    }

    static async Task<IResult> Totals(string deploymentId, HttpContext http, LogAccess access, EgressSearch search)
    {
        var deployment = PathIds.Deployment(deploymentId);
        if ((await access.FindAsync(http.Caller(), deployment, http.RequestAborted)).IsRefused(out var refusal))
            return IsletErrors.Refused(refusal);
        return ApiJson.Ok(TotalsWire.Of(await search.SumAsync(deployment, http.RequestAborted)));
    }

    /// <summary>Reads all parameters; throws <see cref="WireException"/> with the name of the first that is wrong.</summary>
    static EgressQuery Read(IQueryCollection query, DeploymentId deployment, DateTimeOffset now)
    {
        var parameters = new QueryParameters(query);
        var since = parameters.Time("since") ?? DateTimeOffset.UnixEpoch;
        var until = parameters.Time("until") ?? now;
        var verdicts = parameters.List("verdict", Verdicts.Keys).Aggregate(0, static (bits, name) => bits | 1 << (int)Verdicts[name]);
        var limit = parameters.Integer("limit", 1, EgressQuery.MaxLimit) ?? 100;
        var descending = parameters.Choice("order", ["asc", "desc"]) is null or "desc";
        return new(deployment, since, until, verdicts, limit, descending, parameters.Cursor("cursor", deployment, descending));
    }

    static void Write(Utf8JsonWriter json, EgressRecord record)
    {
        json.WriteStartObject();
        json.WriteString("time"u8, Rfc3339.Format(record.Time));
        json.WriteString("verdict"u8, NameOf(record.Verdict));
        json.WriteString("destination"u8, record.Destination);
        json.WriteString("host"u8, record.Host);
        json.WriteString("rule"u8, record.Rule);
        json.WriteNumber("sentBytes"u8, record.Sent);
        json.WriteNumber("receivedBytes"u8, record.Received);
        json.WriteEndObject();
    }

    static string NameOf(EgressVerdict verdict) => verdict switch
    {
        EgressVerdict.Allowed => "allowed",
        EgressVerdict.Refused => "refused",
        EgressVerdict.Closed => "closed",
    };

    sealed record ConnectionsWire(long Allowed, long Refused, long Closed);

    sealed record RuleWire(string Rule, long Allowed, long Refused, long Closed, long SentBytes, long ReceivedBytes);

    [Component("EgressTotals")]
    sealed record TotalsWire(
        DateTimeOffset Since, ConnectionsWire Connections, long SentBytes, long ReceivedBytes, long RecordsDropped, IEnumerable<RuleWire> Rules)
    {
        public static TotalsWire Of(EgressTotals totals) => new(
            totals.Since,
            new(totals.Rules.Sum(rule => rule.Allowed), totals.Rules.Sum(rule => rule.Refused), totals.Rules.Sum(rule => rule.Closed)),
            totals.Rules.Sum(rule => rule.Sent),
            totals.Rules.Sum(rule => rule.Received),
            totals.Dropped,
            totals.Rules.Select(rule => new RuleWire(rule.Rule, rule.Allowed, rule.Refused, rule.Closed, rule.Sent, rule.Received)));
    }
}
