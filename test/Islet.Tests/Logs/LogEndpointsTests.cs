using System.Text.Json;
using System.Text.RegularExpressions;
using Islet.Api.DenoDeploy;
using Islet.Contracts;

namespace Islet.Tests.Logs;

public sealed partial class LogEndpointsTests(LogServer server) : IClassFixture<LogServer>
{
    const string Ndjson = "application/x-ndjson";

    [Theory]
    [InlineData("limit=&order=&q=&level=&cursor=&sort=&region=&until=&since=1970-01-01T00:00:00Z")]
    [InlineData("since=2024-01-31t00:00:00.123456789%2B02:00")]
    [InlineData("since=2024-01-31T00:00:00+02:00&sort=time&order=timeDesc&level=info,debug&level=error&region=gcp-us-east4,gcp-us-east1")]
    [InlineData("until=2999-01-01T00:00:00z&limit=10000")]
    public async Task Past_lines_are_one_array_newest_first(string query)
    {
        var mine = await server.Api.DeployAsync();
        mine.Write("one", LogSeverity.Debug, new DateTimeOffset(DateTime.UtcNow.Date, TimeSpan.Zero).AddTicks(-3)); // no microsecond
        mine.Write("two");
        await mine.StoredAsync(2);

        using var answer = await server.Api.GetAsync($"{mine.App}?{query}");
        ((int)answer.StatusCode).ShouldBe(200);
        answer.Content.Headers.GetValues("content-type").ShouldBe(["application/json"]);
        answer.Headers.Contains("link").ShouldBeFalse();
        var lines = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray().ToList();
        lines.Select(line => line.GetProperty("message").GetString()).ShouldBe(["two", "one"]);
        lines[1].EnumerateObject().Select(member => member.Name).ShouldBe(["time", "level", "message", "region"]);
        lines[1].GetProperty("level").GetString().ShouldBe("debug");
        lines[1].GetProperty("region").GetString().ShouldBe("gcp-us-east4");
        foreach (var line in lines)
            line.GetProperty("time").GetString()!.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$");
    }

    [Theory]
    [InlineData("asc", "application/json")]
    [InlineData("timeAsc", Ndjson)]
    [InlineData("desc", Ndjson)]
    [InlineData("timeDesc", "*/*")]
    public async Task Links_lead_through_all_pages(string order, string accept)
    {
        var mine = await server.Api.DeployAsync();
        var expected = Enumerable.Range(0, 25).Select(i => $"line & <{i}>").ToList();
        var now = DateTimeOffset.UtcNow;
        expected.ForEach(message => mine.Write(message, time: now));
        await mine.StoredAsync(25);

        var walked = new List<string>();
        var path = $"{mine.App}?since=2024-01-01T00:00:00%2B00:00&q=LINE%20%26&limit=10&order={order}";
        for (var pages = 1; ; pages++)
        {
            using var answer = await server.Api.GetAsync(path, accept);
            walked.AddRange(Messages(await answer.Content.ReadAsStringAsync(), accept));
            if (!answer.Headers.TryGetValues("link", out var links))
            {
                pages.ShouldBe(3);
                break;
            }

            // As a client in the field finds it: the cursor is percent-decoded from <...cursor=...>; rel="next".
            var link = links.Single();
            CursorLink().IsMatch(link).ShouldBeTrue(link);
            link.ShouldStartWith($"<{server.Api.Client.BaseAddress}v1/deployments/");
            path = link[(link.IndexOf("/deployments/", StringComparison.Ordinal) + "/deployments/".Length)..link.IndexOf('>', StringComparison.Ordinal)];
        }

        walked.ShouldBe(order is "asc" or "timeAsc" ? expected : expected.AsEnumerable().Reverse());
    }

    [Fact]
    public async Task Hostile_text_stays_text_on_one_line()
    {
        var mine = await server.Api.DeployAsync();
        const string hostile = "a\r\n\n{\"level\":\"error\"}\0\u001b[31m\u202Ex\u2028</script>é日😀";
        mine.Write(hostile);
        mine.Write("lone \ud800 surrogate");
        await mine.StoredAsync(2);

        using var answer = await server.Api.GetAsync($"{mine.App}?since=2024-01-01T00:00:00Z&order=asc", Ndjson);
        answer.Content.Headers.GetValues("content-type").ShouldBe([Ndjson]);
        var body = await answer.Content.ReadAsStringAsync();
        body.Count(c => c == '\n').ShouldBe(2);
        body.ShouldEndWith("\n");
        body.ShouldNotContain("\0");
        body.ShouldNotContain("\u001b");
        body.ShouldNotContain("</script>");
        Messages(body, Ndjson).ShouldBe([hostile, "lone \ufffd surrogate"]);
    }

    [Fact]
    public async Task Live_lines_come_one_by_one_until_the_client_leaves()
    {
        var mine = await server.Api.DeployAsync();
        using var leave = new CancellationTokenSource();
        using var answer = await server.Api.GetAsync($"{mine.App}?level=error,info", Ndjson, leave.Token); // headers come without any line
        answer.Content.Headers.GetValues("content-type").ShouldBe([Ndjson]);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());

        for (var i = 0; i < 3; i++)
        {
            mine.Write("not wanted", LogSeverity.Debug);
            mine.Write($"lone \ud800 {i}");
            var line = await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(5));
            Messages(line!, Ndjson).ShouldBe([$"lone \ufffd {i}"]);
        }
    }

    [Fact]
    public async Task A_live_array_is_closed_when_nothing_comes()
    {
        var mine = await server.Api.DeployAsync();
        using var answer = await server.Api.GetAsync(mine.App);
        mine.Write("one");
        await Task.Delay(200);
        mine.Write("two");
        Messages(await answer.Content.ReadAsStringAsync(), "application/json").ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task A_live_array_is_closed_at_its_time_however_much_comes()
    {
        var mine = await server.Api.DeployAsync();
        using var answer = await server.Api.GetAsync(mine.App);
        var body = answer.Content.ReadAsStringAsync();
        while (!body.IsCompleted)
        {
            mine.Write("line");
            await Task.Delay(5);
        }

        Messages(await body, "application/json").Count.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task Live_lines_end_when_the_deployment_is_deleted()
    {
        var mine = await server.Api.DeployAsync();
        using var answer = await server.Api.GetAsync(mine.App, Ndjson);
        var body = answer.Content.ReadAsStringAsync();
        await Task.Delay(200);
        body.IsCompleted.ShouldBeFalse();
        await mine.DeleteAsync();
        (await body).ShouldBe("");
    }

    [Fact]
    public async Task A_live_reader_too_many_is_refused()
    {
        var mine = await server.Api.DeployAsync();
        using (await server.Api.GetAsync(mine.App, Ndjson))
        using (await server.Api.GetAsync(mine.App, Ndjson))
            ((int)(await server.Api.GetAsync(mine.App, Ndjson)).StatusCode).ShouldBe(429);
    }

    [Theory]
    [InlineData(Ndjson)]
    [InlineData("application/json")]
    [InlineData(null)]
    public async Task Build_logs_stay_open_until_the_build_has_ended(string? accept)
    {
        var mine = await server.Api.DeployAsync();
        mine.Builder.Append("info", "Downloaded file:///src/main.ts (1/1)");
        using var answer = await server.Api.GetAsync(mine.Build, accept);
        answer.Content.Headers.GetValues("content-type").ShouldBe([accept ?? "application/json"]);
        var body = answer.Content.ReadAsStringAsync();
        await Task.Delay(100);
        mine.Builder.Append("error", "a\nb");
        await Task.Delay(50);
        body.IsCompleted.ShouldBeFalse();

        await mine.EndBuildAsync();
        (await body).ShouldBe(accept == Ndjson
            ? "{\"level\":\"info\",\"message\":\"Downloaded file:///src/main.ts (1/1)\"}\n{\"level\":\"error\",\"message\":\"a\\nb\"}\n"
            : "[{\"level\":\"info\",\"message\":\"Downloaded file:///src/main.ts (1/1)\"},{\"level\":\"error\",\"message\":\"a\\nb\"}]");
    }

    [Fact]
    public async Task A_head_request_does_not_wait_for_the_end()
    {
        var mine = await server.Api.DeployAsync();
        foreach (var path in new[] { mine.App, mine.Build })
        {
            using var answer = await server.Api.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/api/v1/deployments/{path}"));
            ((int)answer.StatusCode).ShouldBe(200);
            answer.Headers.Contains("x-deno-ray").ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_build_without_a_word_is_an_empty_array_or_no_line()
    {
        var mine = await server.Api.DeployAsync();
        await mine.EndBuildAsync();
        (await (await server.Api.GetAsync(mine.Build)).Content.ReadAsStringAsync()).ShouldBe("[]");
        (await (await server.Api.GetAsync(mine.Build, "text/html, application/X-NDJSON;q=0.5")).Content.ReadAsStringAsync()).ShouldBe("");
        (await (await server.Api.GetAsync(mine.Build, "application/x-ndjson;q=0")).Content.ReadAsStringAsync()).ShouldBe("[]");
    }

    [Fact]
    public async Task Stopping_ends_live_logs_and_breaks_off_unfinished_build_logs()
    {
        await using var api = await LogApi.StartAsync();
        var mine = await api.DeployAsync();
        using var live = await api.GetAsync(mine.App, Ndjson);
        using var array = await api.GetAsync(mine.App);
        using var build = await api.GetAsync(mine.Build);

        var stopped = api.StopServerAsync();
        (await live.Content.ReadAsStringAsync()).ShouldBe("");
        (await array.Content.ReadAsStringAsync()).ShouldBe("[]");
        await Should.ThrowAsync<HttpRequestException>(build.Content.ReadAsStringAsync());
        await stopped.WaitAsync(TimeSpan.FromSeconds(10));
    }

    static List<string> Messages(string body, string accept) =>
        [.. (accept == Ndjson
            ? body.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)
            : JsonDocument.Parse(body).RootElement.EnumerateArray()).Select(line => line.GetProperty("message").GetString()!)];

    [GeneratedRegex("^<[^>]*[?&]cursor=[A-Za-z0-9_-]+>; rel=\"next\"$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CursorLink();
}
