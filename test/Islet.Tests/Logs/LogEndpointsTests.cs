using System.Text.Json;
using System.Text.RegularExpressions;
using Islet.Api.DenoDeploy;
using Islet.Contracts;

namespace Islet.Tests.Logs;

public sealed partial class LogEndpointsTests
{
    const string Ndjson = "application/x-ndjson";

    static readonly string App = $"{LogRoom.Mine}/app_logs";
    static readonly string Build = $"{LogRoom.Mine}/build_logs";

    [Theory]
    [InlineData("limit=&order=&q=&level=&cursor=&sort=&region=&until=&since=1970-01-01T00:00:00Z")]
    [InlineData("since=2024-01-31t00:00:00.123456789%2B02:00")]
    [InlineData("since=2024-01-31T00:00:00+02:00&sort=time&order=timeDesc&level=info,debug&level=error&region=gcp-us-east4,gcp-us-east1")]
    [InlineData("until=2999-01-01T00:00:00z&limit=10000")]
    public async Task Past_lines_are_one_array_newest_first(string query)
    {
        await using var api = await LogApi.StartAsync();
        api.Write("one", LogSeverity.Debug, new DateTimeOffset(DateTime.UtcNow.Date, TimeSpan.Zero).AddTicks(-3)); // no microsecond
        api.Write("two");
        await api.StoredAsync(2);

        using var answer = await api.GetAsync($"{App}?{query}");
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
        await using var api = await LogApi.StartAsync();
        var expected = Enumerable.Range(0, 25).Select(i => $"line & <{i}>").ToList();
        var now = DateTimeOffset.UtcNow;
        expected.ForEach(message => api.Write(message, time: now));
        await api.StoredAsync(25);

        var walked = new List<string>();
        var path = $"{App}?since=2024-01-01T00:00:00%2B00:00&q=LINE%20%26&limit=10&order={order}";
        for (var pages = 1; ; pages++)
        {
            using var answer = await api.GetAsync(path, accept);
            walked.AddRange(Messages(await answer.Content.ReadAsStringAsync(), accept));
            if (!answer.Headers.TryGetValues("link", out var links))
            {
                pages.ShouldBe(3);
                break;
            }

            // As a client in the field finds it: the cursor is percent-decoded from <...cursor=...>; rel="next".
            var link = links.Single();
            CursorLink().IsMatch(link).ShouldBeTrue(link);
            link.ShouldStartWith($"<{api.Client.BaseAddress}v1/deployments/");
            path = link[(link.IndexOf("/deployments/", StringComparison.Ordinal) + "/deployments/".Length)..link.IndexOf('>', StringComparison.Ordinal)];
        }

        walked.ShouldBe(order is "asc" or "timeAsc" ? expected : expected.AsEnumerable().Reverse());
    }

    [Fact]
    public async Task Hostile_text_stays_text_on_one_line()
    {
        await using var api = await LogApi.StartAsync();
        const string hostile = "a\r\n\n{\"level\":\"error\"}\0\u001b[31m\u202Ex\u2028</script>é日😀";
        api.Write(hostile);
        api.Write("lone \ud800 surrogate");
        await api.StoredAsync(2);

        using var answer = await api.GetAsync($"{App}?since=2024-01-01T00:00:00Z&order=asc", Ndjson);
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
        await using var api = await LogApi.StartAsync();
        using var leave = new CancellationTokenSource();
        using var answer = await api.GetAsync($"{App}?level=error,info", Ndjson, leave.Token); // headers come without any line
        answer.Content.Headers.GetValues("content-type").ShouldBe([Ndjson]);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());

        for (var i = 0; i < 3; i++)
        {
            api.Write("not wanted", LogSeverity.Debug);
            api.Write($"lone \ud800 {i}");
            var line = await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(5));
            Messages(line!, Ndjson).ShouldBe([$"lone \ufffd {i}"]);
        }
    }

    [Fact]
    public async Task A_live_array_is_closed_when_nothing_comes()
    {
        await using var api = await LogApi.StartAsync(new LogStreamOptions { ArrayIdle = TimeSpan.FromMilliseconds(300), ArrayTotal = TimeSpan.FromSeconds(15) });
        using var answer = await api.GetAsync(App);
        api.Write("one");
        await Task.Delay(200);
        api.Write("two");
        Messages(await answer.Content.ReadAsStringAsync(), "application/json").ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task A_live_array_is_closed_at_its_time_however_much_comes()
    {
        await using var api = await LogApi.StartAsync(new LogStreamOptions { ArrayIdle = TimeSpan.FromSeconds(10), ArrayTotal = TimeSpan.FromMilliseconds(400) });
        using var answer = await api.GetAsync(App);
        var body = answer.Content.ReadAsStringAsync();
        while (!body.IsCompleted)
        {
            api.Write("line");
            await Task.Delay(5);
        }

        Messages(await body, "application/json").Count.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task Live_lines_end_when_the_deployment_is_deleted()
    {
        await using var api = await LogApi.StartAsync(new LogStreamOptions { CheckAccessEvery = TimeSpan.FromMilliseconds(50) });
        using var answer = await api.GetAsync(App, Ndjson);
        var body = answer.Content.ReadAsStringAsync();
        await Task.Delay(200);
        body.IsCompleted.ShouldBeFalse();
        await api.DeleteDeploymentAsync();
        (await body).ShouldBe("");
    }

    [Fact]
    public async Task A_live_reader_too_many_is_refused()
    {
        await using var api = await LogApi.StartAsync(change: options => options.TailsPerDeployment = 1);
        using (await api.GetAsync(App, Ndjson))
            ((int)(await api.GetAsync(App, Ndjson)).StatusCode).ShouldBe(429);
    }

    [Theory]
    [InlineData(Ndjson)]
    [InlineData("application/json")]
    [InlineData(null)]
    public async Task Build_logs_stay_open_until_the_build_has_ended(string? accept)
    {
        await using var api = await LogApi.StartAsync();
        api.Builds.Append(LogRoom.Mine, "info", "Downloaded file:///src/main.ts (1/1)");
        using var answer = await api.GetAsync(Build, accept);
        answer.Content.Headers.GetValues("content-type").ShouldBe([accept ?? "application/json"]);
        var body = answer.Content.ReadAsStringAsync();
        await Task.Delay(100);
        api.Builds.Append(LogRoom.Mine, "error", "a\nb");
        await Task.Delay(50);
        body.IsCompleted.ShouldBeFalse();

        await api.EndBuildAsync();
        (await body).ShouldBe(accept == Ndjson
            ? "{\"level\":\"info\",\"message\":\"Downloaded file:///src/main.ts (1/1)\"}\n{\"level\":\"error\",\"message\":\"a\\nb\"}\n"
            : "[{\"level\":\"info\",\"message\":\"Downloaded file:///src/main.ts (1/1)\"},{\"level\":\"error\",\"message\":\"a\\nb\"}]");
    }

    [Fact]
    public async Task A_build_without_a_word_is_an_empty_array_or_no_line()
    {
        await using var api = await LogApi.StartAsync();
        await api.EndBuildAsync();
        (await (await api.GetAsync(Build)).Content.ReadAsStringAsync()).ShouldBe("[]");
        (await (await api.GetAsync(Build, "text/html, application/X-NDJSON;q=0.5")).Content.ReadAsStringAsync()).ShouldBe("");
        (await (await api.GetAsync(Build, "application/x-ndjson;q=0")).Content.ReadAsStringAsync()).ShouldBe("[]");
    }

    [Fact]
    public async Task Stopping_ends_live_logs_and_breaks_off_unfinished_build_logs()
    {
        await using var api = await LogApi.StartAsync();
        using var live = await api.GetAsync(App, Ndjson);
        using var array = await api.GetAsync(App);
        using var build = await api.GetAsync(Build);

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
