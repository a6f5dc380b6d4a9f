using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Usage;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

[Component("AnalyticsFieldSchema")]
sealed record AnalyticsFieldWire(string Name, [property: OfComponent("AnalyticsFieldType")] string Type);

/// <summary>Columns with names, and rows.</summary>
sealed record AnalyticsWire(IReadOnlyList<AnalyticsFieldWire> Fields, IEnumerable<object[]> Values)
{
    const double Second = 1_000_000;

    static readonly IReadOnlyList<AnalyticsFieldWire> Columns =
    [
        new("time", "time"),
        .. from name in (string[])
            [
                "requestCount", "cpuSeconds", "uptimeSeconds", "maxRssMemoryBytes", "networkIngressBytes", "networkEgressBytes",
                "kvReadCount", "kvWriteCount", "kvReadUnits", "kvWriteUnits", "kvStorageBytes",
            ]
           select new AnalyticsFieldWire(name, "number"),
    ];

    public static AnalyticsWire Of(IReadOnlyList<QuarterView> quarters) => new(Columns, quarters.Select(quarter => (object[])
    [
        quarter.Time, quarter.Requests, quarter.CpuMicroseconds / Second, quarter.UptimeMicroseconds / Second, quarter.MaxRss, quarter.Ingress,
        quarter.Egress, quarter.KvReads, quarter.KvWrites, quarter.KvReadUnits, quarter.KvWriteUnits, quarter.KvStorage,
    ]));
}

/// <summary>What was used, in rows of 15 minutes. A row counts on while its quarter lasts, some seconds behind.</summary>
static class AnalyticsEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        Ask(group.MapRead("/organizations/{organizationId}/analytics", OfOrganization)
            .Describe("get_organization_analytics", "organization", "Get the analytics of an organization").Answers("Analytics").Sdk("organizations.analytics.get")
            .Says("One row for each quarter of an hour, also without traffic. The range may have 24 hours."));
        Ask(group.MapRead("/projects/{projectId}/analytics", OfProject)
            .Describe("get_project_analytics", "project", "Get the analytics of a project").Answers("Analytics").Sdk("projects.analytics.get")
            .Says("One row for each quarter of an hour, also without traffic. Rows are kept for 90 days."));

        static void Ask(ApiOperation operation) => operation
            .Asks("since", Schemas.Time().Like("2026-11-01T00:00:00Z"), "Begin of the range; 24 hours before its end, if it is left out", required: true)
            .Asks("until", Schemas.Time().Like("2026-11-01T12:00:00Z"), "End of the range; now, if it is left out", required: true);
    }

    static async Task<IResult> OfOrganization(string organizationId, HttpContext http, Analytics analytics, CancellationToken cancellation)
    {
        var (since, until) = Read(http.Request.Query);
        return Answer(await analytics.OfOrganizationAsync(http.Caller(), PathIds.Organization(organizationId), since, until, cancellation));
    }

    static async Task<IResult> OfProject(string projectId, HttpContext http, Analytics analytics, CancellationToken cancellation)
    {
        var (since, until) = Read(http.Request.Query);
        return Answer(await analytics.OfProjectAsync(http.Caller(), projectId, since, until, cancellation));
    }

    static (DateTimeOffset? Since, DateTimeOffset? Until) Read(IQueryCollection query)
    {
        var parameters = new QueryParameters(query);
        return (parameters.Time("since"), parameters.Time("until"));
    }

    static IResult Answer(Outcome<IReadOnlyList<QuarterView>> outcome) =>
        outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(AnalyticsWire.Of(outcome.Value));
}
