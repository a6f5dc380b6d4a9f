using System.Text.Json.Nodes;
using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class EgressEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Links_lead_through_all_records_newest_first()
    {
        using var islet = server.Islet();
        var deployment = await DeployAsync();
        var start = DateTimeOffset.UtcNow.AddMinutes(-5);
        for (var index = 0; index < 25; index++)
            Write(deployment, index % 5 == 0 ? EgressVerdict.Refused : EgressVerdict.Allowed, $"198.51.100.1:{index}", time: start.AddSeconds(index / 2));
        await StoredAsync(islet, deployment, 25);

        foreach (var (query, expected) in (IEnumerable<(string, IEnumerable<int>)>)
        [
            ("limit=7", Enumerable.Range(0, 25).Reverse()),
            ("limit=4&order=asc&verdict=allowed,refused,closed", Enumerable.Range(0, 25)),
            ("limit=2&verdict=refused", [20, 15, 10, 5, 0]),
            ("verdict=closed", []),
            ($"order=asc&since={Time(start.AddSeconds(2))}&until={Time(start.AddSeconds(4))}", [4, 5, 6, 7]),
        ])
        {
            var walked = new List<string>();
            for (string? path = $"{islet.BaseAddress}deployments/{deployment}/egress?{query}"; path is not null;)
            {
                using var response = await islet.GetAsync(new Uri(path));
                walked.AddRange(JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsArray().Select(record => (string)record!["destination"]!));
                path = response.Headers.TryGetValues("link", out var links) ? links.Single()[1..links.Single().IndexOf('>', StringComparison.Ordinal)] : null;
            }
            walked.ShouldBe(expected.Select(index => $"198.51.100.1:{index}"), query);
        }

        static string Time(DateTimeOffset time) => Uri.EscapeDataString(time.ToString("O"));
    }

    [Fact]
    public async Task Totals_count_what_each_rule_decided()
    {
        using var islet = server.Islet();
        var deployment = await DeployAsync();
        Write(deployment, EgressVerdict.Allowed, "198.51.100.1:443");
        Write(deployment, EgressVerdict.Closed, "198.51.100.1:443", sent: 10, received: 300);
        Write(deployment, EgressVerdict.Closed, "198.51.100.1:443", sent: 5, received: 1);
        Write(deployment, EgressVerdict.Refused, "10.0.0.1:80", rule: "private-address");
        Write(deployment, EgressVerdict.Refused, "10.0.0.1:80", rule: "private-address", time: DateTimeOffset.UtcNow.AddDays(-1));
        await StoredAsync(islet, deployment, 5);

        var totals = await ApiHost.OkAsync(islet.GetAsync($"deployments/{deployment}/egress/totals"));

        totals["connections"]!.ToJsonString().ShouldBe("""{"allowed":1,"refused":2,"closed":2}""");
        totals["sentBytes"]!.GetValue<long>().ShouldBe(15);
        totals["receivedBytes"]!.GetValue<long>().ShouldBe(301);
        totals["recordsDropped"]!.GetValue<long>().ShouldBe(0);
        totals["rules"]!.ToJsonString().ShouldBe(
            """[{"rule":"private-address","allowed":0,"refused":2,"closed":0,"sentBytes":0,"receivedBytes":0},{"rule":"public","allowed":1,"refused":0,"closed":2,"sentBytes":15,"receivedBytes":301}]""");
    }

    [Fact]
    public async Task Hostile_text_stays_bounded_text()
    {
        using var islet = server.Islet();
        var deployment = await DeployAsync();
        const string hostile = "a\r\n\0\u001b[31m</script>\u2028é \ud800";
        Write(deployment, EgressVerdict.Refused, new string('x', 5000), host: hostile);
        Write(deployment, EgressVerdict.Refused, hostile, host: new string('é', 5000));
        await StoredAsync(islet, deployment, 2);

        using var response = await islet.GetAsync($"deployments/{deployment}/egress?order=asc");
        var body = await response.Content.ReadAsStringAsync();

        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        body.ShouldNotContain("</script>");
        body.ShouldNotContain("\u001b");
        var records = JsonNode.Parse(body)!.AsArray();
        records[0]!.AsObject().Select(member => member.Key).ShouldBe(["time", "verdict", "destination", "host", "rule", "sentBytes", "receivedBytes"]);
        ((string)records[0]!["destination"]!).Length.ShouldBe(280);
        ((string)records[0]!["host"]!).ShouldBe(hostile.Replace('\ud800', '\ufffd'));
        ((string)records[1]!["host"]!).Length.ShouldBe(127);
    }

    [Theory]
    [InlineData("since=yesterday", "since")]
    [InlineData("until=1", "until")]
    [InlineData("verdict=allowed,maybe", "verdict")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=10001", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("order=up", "order")]
    [InlineData("cursor=x", "cursor")]
    public async Task A_wrong_parameter_is_named(string query, string field)
    {
        using var islet = server.Islet();

        (await IsletDialect.RefusedAsync(400, islet.GetAsync($"deployments/{await DeployAsync()}/egress?{query}"))).ShouldBe(("badRequest", field));
    }

    [Fact]
    public async Task Application_logs_tell_the_request_a_line_was_written_in()
    {
        using var islet = server.Islet();
        var deployment = await DeployAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"deployments/{deployment}/app_logs") { Headers = { { "accept", "application/x-ndjson" } } };
        using var response = await islet.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        var (trace, span) = (new string('a', 32), new string('b', 16));

        server.Services.GetRequiredService<ILogSink>().Write(new(deployment, DateTimeOffset.UtcNow, LogSeverity.Info, "hello", trace, span));
        server.Services.GetRequiredService<ILogSink>().Write(new(deployment, DateTimeOffset.UtcNow, LogSeverity.Info, "bye"));

        var line = JsonNode.Parse((await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!)!.AsObject();
        line.Select(member => member.Key).ShouldBe(["time", "level", "message", "region", "trace", "span"]);
        ((string?)line["trace"], (string?)line["span"]).ShouldBe((trace, span));
        JsonNode.Parse((await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!)!["trace"].ShouldBeNull();
        (await IsletDialect.RefusedAsync(400, islet.GetAsync($"deployments/{deployment}/app_logs?level=loud"))).ShouldBe(("badRequest", "level"));
    }

    async Task<DeploymentId> DeployAsync() => new((string)(await server.DeployAsync(await server.NewProjectAsync()))["id"]!);

    void Write(
        DeploymentId deployment, EgressVerdict verdict, string destination, string? host = null, string rule = "public", long sent = 0, long received = 0,
        DateTimeOffset? time = null) =>
        server.Services.GetRequiredService<IEgressSink>().Write(new(deployment, time ?? DateTimeOffset.UtcNow, verdict, destination, host, rule, sent, received));

    static async Task StoredAsync(HttpClient islet, DeploymentId deployment, int count)
    {
        for (var tries = 0; tries < 400; tries++)
        {
            if ((await ApiHost.OkAsync(islet.GetAsync($"deployments/{deployment}/egress?limit=10000"))).AsArray().Count >= count)
                return;
            await Task.Delay(20);
        }
        throw new TimeoutException($"{count} records were not stored in time.");
    }
}
