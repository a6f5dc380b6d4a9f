using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Audit;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Who changed what in an organization, for those who administer it.
/// <code>
///   GET …/audit?since&amp;until&amp;actor&amp;operation&amp;order&amp;limit&amp;cursor
///     200  [ { "id", "time", "userId", "actor", "tokenId", "tokenName", "operation", "targetKind", "targetId", "detail",
///              "outcome", "address", "userAgent" } ]   Link: rel="next"
///   GET …/audit?format=ndjson | csv     200  all of it that the filters leave, as a file
/// </code>
/// The newest come first unless <c>order</c> is <c>asc</c>. <c>actor</c> is an address for mail or the id of a user,
/// <c>operation</c> a whole one such as <c>project.create</c> or its noun.
/// </summary>
static class AuditEndpoints
{
    const int MaxText = 320;

    public static void Map(RouteGroupBuilder group) => group.MapRead("/organizations/{organizationId}/audit", Get)
        .Describe("list_audit_log", "organization", "List who changed what").AnswersMany<AuditWire>()
        .Asks("since", Schemas.Time().Nullable(), "Begin of the range")
        .Asks("until", Schemas.Time().Nullable(), "End of the range")
        .Asks("actor", Schemas.Text().Nullable(), "Address for mail or id of a user")
        .Asks("operation", Schemas.Text().Nullable(), "A whole one such as project.create, or its noun")
        .Asks("order", Schemas.Text().Nullable(), "desc, which is the default, or asc")
        .Asks("limit", Schemas.Integer(minimum: 1, maximum: AuditQuery.MaxLimit).Nullable().Default(100), "The most entries of an answer")
        .Asks("cursor", Schemas.Text().Nullable(), "Of the last entry of the answer before")
        .Asks("format", Schemas.Text().Nullable(), "json, which is the default; ndjson or csv: all of it, as a file")
        .Links("CursorLinkHeader").Fails(403);

    static async Task<IResult> Get(string organizationId, HttpContext http, AuditSearch search, CancellationToken cancellation)
    {
        var organization = PathIds.Organization(organizationId);
        if (await search.CheckAsync(http.Caller(), organization, cancellation) is { } refusal)
            return IsletErrors.Refused(refusal);
        var parameters = new QueryParameters(http.Request.Query);
        var (query, limit) = (Read(parameters), parameters.Integer("limit", 1, AuditQuery.MaxLimit) ?? 100);
        switch (parameters.Choice("format", ["json", "ndjson", "csv"]))
        {
            case "csv":
                await AuditExport.SendCsvAsync(http, search.ReadAllAsync(organization, query, cancellation), cancellation);
                return Results.Empty;
            case "ndjson":
                await AuditExport.SendLinesAsync(http, search.ReadAllAsync(organization, query, cancellation), cancellation);
                return Results.Empty;
            default:
                var page = await search.FindAsync(organization, query, limit, cancellation);
                var next = page.Next?.ToString(System.Globalization.CultureInfo.InvariantCulture);
                return ApiJson.Ok(page.Entries.Select(AuditWire.Of), next is null ? null : CursorLink.Next(http.Request, next));
        }
    }

    static AuditQuery Read(QueryParameters parameters) => new(
        parameters.Time("since"),
        parameters.Time("until"),
        parameters.Text("actor", MaxText),
        parameters.Text("operation", MaxText),
        parameters.Choice("order", ["asc", "desc"]) is null or "desc",
        parameters.Long("cursor"));
}

[Component("AuditEntry")]
sealed record AuditWire(
    long Id, DateTimeOffset Time, Guid UserId, string Actor, Guid TokenId, string TokenName, string Operation, string TargetKind,
    string TargetId, string Detail, string Outcome, string Address, string UserAgent)
{
    public static AuditWire Of(AuditEntry entry) => new(
        entry.Id, entry.Time, entry.UserId.Value, entry.Actor, entry.TokenId, entry.TokenName, entry.Operation, entry.TargetKind,
        entry.TargetId, entry.Detail, entry.Outcome, entry.Address, entry.Agent);
}
