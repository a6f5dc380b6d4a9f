using System.Globalization;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Usage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>Usage by quarters of an hour.</summary>
public sealed class AnalyticsEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task Samples_become_a_row_of_the_present_quarter()
    {
        var project = await server.NewProjectAsync();
        for (var time = 1; time <= 2; time++)
        {
            server.Services.GetRequiredService<IUsageSink>().Add(Sample(project) with { Requests = 3, Cpu = TimeSpan.TicksPerSecond / 2, MaxRss = 100 * time });
            server.Services.GetRequiredService<IUsageSink>().Add(Sample(project) with { Uptime = TimeSpan.TicksPerSecond, Ingress = 10, Egress = 20, KvReads = 5, KvStorage = 7 });
            await server.Services.GetRequiredService<UsageWriter>().WriteAsync(default);
        }

        var analytics = await ApiHost.OkAsync(server.Http.GetAsync($"projects/{project["name"]}/analytics"));

        analytics["fields"]!.AsArray().Select(field => $"{field!["name"]}:{field["type"]}").ShouldBe(
        [
            "time:time", "requestCount:number", "cpuSeconds:number", "uptimeSeconds:number", "maxRssMemoryBytes:number", "networkIngressBytes:number",
            "networkEgressBytes:number", "kvReadCount:number", "kvWriteCount:number", "kvReadUnits:number", "kvWriteUnits:number", "kvStorageBytes:number",
        ]);
        var rows = analytics["values"]!.AsArray();
        rows.Count.ShouldBeLessThanOrEqualTo(2); // it was made in this quarter, or a moment before it
        Enumerable.Range(1, 11).Select(column => rows.Sum(row => (double)row![column]!)).ShouldBe([6, 1, 2, 200, 20, 40, 10, 0, 0, 0, 7], tolerance: 0.0001);
    }

    [Fact]
    public async Task Each_quarter_has_a_row()
    {
        var (_, organization, rows) = await OrganizationWithPastAsync();
        var begin = rows[0].Time;

        var values = (await GetAsync(begin.AddMinutes(5), begin.AddMinutes(61)))["values"]!.AsArray();

        values.Select(row => TimeOf(row![0]!)).ShouldBe(Enumerable.Range(0, 5).Select(quarter => begin + quarter * Quarter));
        values.Select(row => (long)row![1]!).ShouldBe([1, 0, 0, 4, 0]);
        (await GetAsync(begin, begin))["values"]!.AsArray().ShouldBeEmpty();
        (await GetAsync(begin.AddMinutes(15), begin.AddMinutes(45)))["values"]!.AsArray().Count.ShouldBe(2);

        Task<JsonNode> GetAsync(DateTimeOffset since, DateTimeOffset until) =>
            ApiHost.OkAsync(organization.GetAsync($"analytics?since={Text(since)}&until={Text(until)}"));
    }

    [Fact]
    public async Task Organization_is_asked_about_a_day_at_most()
    {
        var (_, organization, rows) = await OrganizationWithPastAsync();
        var begin = rows[0].Time;

        (await ApiHost.RefusedAsync(400, organization.GetAsync($"analytics?since={Text(begin)}&until={Text(begin.AddHours(24).AddSeconds(1))}"))).Message.ShouldStartWith("since ");
        (await ApiHost.RefusedAsync(400, organization.GetAsync($"analytics?since={Text(begin.AddHours(1))}&until={Text(begin)}"))).Message.ShouldStartWith("since ");
        (await ApiHost.RefusedAsync(400, organization.GetAsync("analytics?since=yesterday"))).Message.ShouldStartWith("since ");
        (await ApiHost.OkAsync(organization.GetAsync($"analytics?since={Text(begin)}&until={Text(begin.AddHours(24))}")))["values"]!.AsArray().Count.ShouldBe(96);
        (await ApiHost.OkAsync(organization.GetAsync("analytics?since=&until=")))["values"]!.AsArray().Count.ShouldBeInRange(96, 97);
    }

    [Fact]
    public async Task Past_of_the_organization_stays_when_a_project_goes()
    {
        var (http, organization, rows) = await OrganizationWithPastAsync();
        await ApiHost.OkNullAsync(http.DeleteAsync($"projects/{rows[0].ProjectId}"));

        var values = (await ApiHost.OkAsync(organization.GetAsync($"analytics?since={Text(rows[0].Time)}&until={Text(rows[0].Time.AddHours(1))}")))["values"]!.AsArray();

        values.Sum(row => (long)row![1]!).ShouldBe(5);
    }

    [Fact]
    public async Task Projects_are_sorted_by_requests_and_bandwidth()
    {
        var names = new List<string>();
        foreach (var (requests, bytes) in new[] { (5, 10), (1, 30), (9, 20) })
        {
            var project = await server.NewProjectAsync($"sorted-by-use-{requests}");
            names.Add((string)project["name"]!);
            server.Services.GetRequiredService<IUsageSink>().Add(Sample(project) with { Requests = requests, Egress = bytes });
        }
        await server.Services.GetRequiredService<UsageWriter>().WriteAsync(default);

        (await NamesAsync("sort=requests")).ShouldBe([names[1], names[0], names[2]]);
        (await NamesAsync("sort=bandwidth&order=desc")).ShouldBe([names[1], names[2], names[0]]);

        async Task<IEnumerable<string>> NamesAsync(string query) =>
            (await ApiHost.OkAsync(server.Http.GetAsync($"organizations/{server.First.OrganizationId}/projects?q=sorted-by-use&{query}"))).AsArray().Select(project => (string)project!["name"]!);
    }

    /// <summary>Two quarters with use, two days ago, and three quarters apart.</summary>
    async Task<(HttpClient Http, HttpClient Organization, UsageRow[] Rows)> OrganizationWithPastAsync()
    {
        var (http, id, _) = await server.StrangerAsync();
        var project = await ApiHost.OkAsync(http.PostAsync($"organizations/{id}/projects", ApiHost.Raw("{}")));
        var begin = UsageQuarters.Of(DateTimeOffset.UtcNow.AddDays(-2));
        await using var scope = server.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        UsageRow[] rows = [Row(begin, 1), Row(begin + 3 * Quarter, 4)];
        db.Usage.AddRange(rows);
        await db.SaveChangesAsync();
        var organization = new HttpClient { BaseAddress = new(http.BaseAddress!, $"organizations/{id}/") };
        organization.DefaultRequestHeaders.Authorization = http.DefaultRequestHeaders.Authorization;
        return (http, organization, rows);

        UsageRow Row(DateTimeOffset time, long requests) => new()
        {
            OrganizationId = id, ProjectId = new(Guid.Parse((string)project["id"]!)), Time = time, Requests = requests,
            CpuMicroseconds = 0, UptimeMicroseconds = 0, MaxRss = 0, Ingress = 0, Egress = 0,
        };
    }

    UsageSample Sample(JsonNode project) =>
        new(new(Guid.Parse(server.First.OrganizationId)), new(Guid.Parse((string)project["id"]!)), 0, 0, 0, 0, 0, 0);

    static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    static DateTimeOffset TimeOf(JsonNode text) => DateTimeOffset.Parse((string)text!, CultureInfo.InvariantCulture);
}
