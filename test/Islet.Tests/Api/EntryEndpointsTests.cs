using System.Text;
using System.Text.Json.Nodes;
using Islet.Contracts;
using Islet.Tests.ControlPlane;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>What KV databases contain, over HTTP.</summary>
public sealed class EntryEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData("""["users",1]""", """{"type":"json","value":{"name":"Ada","tags":["a",1.5,null,true]}}""")]
    [InlineData("""["big",{"bigint":"-18446744073709551616"}]""", """{"type":"bigint","value":"12345678901234567890"}""")]
    [InlineData("""[{"bytes":"AP8="},{"number":"-0"}]""", """{"type":"bytes","value":"AAEC"}""")]
    [InlineData("""["counter",true]""", """{"type":"u64","value":"18446744073709551615"}""")]
    [InlineData("""["date"]""", """{"type":"v8","value":"/w9EAAAAAAAAAAA=","display":{"$":"Date","value":"1970-01-01T00:00:00.000Z"}}""")]
    [InlineData("""{"raw":"AAEC"}""", """{"type":"json","value":"not a tuple"}""")]
    public async Task What_is_put_is_what_is_got_and_then_deleted(string key, string value)
    {
        using var islet = server.Islet();
        var path = await NewAsync();

        var written = await ApiHost.OkAsync(islet.PutAsync($"{path}/entry?key={Uri.EscapeDataString(key)}", ApiHost.Raw($$"""{"value":{{value}}}""")));
        var got = await ApiHost.OkAsync(islet.GetAsync($"{path}/entry?key={Uri.EscapeDataString(key)}"));

        got.ToJsonString().ShouldBe(JsonNode.Parse($$"""{"key":{{key}},"value":{{value}},"versionstamp":"{{written["versionstamp"]}}"}""")!.ToJsonString());
        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries"))).ToJsonString().ShouldBe($"[{got.ToJsonString()}]");
        await ApiHost.OkNullAsync(islet.DeleteAsync($"{path}/entry?key={Uri.EscapeDataString(key)}"));
        (await IsletDialect.RefusedAsync(404, islet.GetAsync($"{path}/entry?key={Uri.EscapeDataString(key)}"))).Code.ShouldBe("entryNotFound");
    }

    [Fact]
    public async Task Lists_have_a_prefix_bounds_an_order_and_pages()
    {
        using var islet = server.Islet();
        var path = await NewAsync();
        await ImportAsync(islet, path, Enumerable.Range(0, 25).Select(index => Line($"""["n",{index}]""")).Append(Line("""["n"]""")).Append(Line("""["o",1]""")));

        (await KeysAsync(islet, $"{path}/entries?prefix=[\"n\"]&limit=7")).ShouldBe(Enumerable.Range(0, 25));
        (await KeysAsync(islet, $"{path}/entries?prefix=[\"n\"]&limit=7&order=desc")).ShouldBe(Enumerable.Range(0, 25).Reverse());
        (await KeysAsync(islet, $"{path}/entries?prefix=[\"n\"]&start=[\"n\",5]&end=[\"n\",9]")).ShouldBe([5, 6, 7, 8]);
        (await KeysAsync(islet, $"{path}/entries?start=[\"n\",23]&end=[\"o\"]&order=desc&limit=1")).ShouldBe([24, 23]);
        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries?start=[\"z\"]"))).AsArray().ShouldBeEmpty();
        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries?start=[\"z\"]&end=[\"a\"]"))).AsArray().ShouldBeEmpty();
        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries"))).AsArray().Count.ShouldBe(27);
    }

    [Fact]
    public async Task Large_values_make_short_pages()
    {
        using var islet = server.Islet();
        var path = await NewAsync();
        var value = $$"""{"type":"json","value":"{{new string('x', 60_000)}}"}""";
        await ImportAsync(islet, path, Enumerable.Range(0, 40).Select(index => Line($"""["n",{index}]""", value)));

        using var first = await islet.GetAsync($"{path}/entries?limit=1000");
        JsonNode.Parse(await first.Content.ReadAsStringAsync())!.AsArray().Count.ShouldBeLessThan(20);
        (await KeysAsync(islet, $"{path}/entries?prefix=[\"n\"]&limit=1000")).ShouldBe(Enumerable.Range(0, 40));
    }

    [Fact]
    public async Task A_change_of_what_somebody_else_has_changed_is_refused()
    {
        using var islet = server.Islet();
        var entry = $"{await NewAsync()}/entry?key=[\"a\"]";
        var first = (string)(await ApiHost.OkAsync(islet.PutAsync(entry, Value("1", "null"))))["versionstamp"]!;

        (await IsletDialect.RefusedAsync(409, islet.PutAsync(entry, Value("2", "null")))).ShouldBe(("conflict", "versionstamp"));
        var second = (string)(await ApiHost.OkAsync(islet.PutAsync(entry, Value("2", $"\"{first}\""))))["versionstamp"]!;
        (await IsletDialect.RefusedAsync(409, islet.PutAsync(entry, Value("3", $"\"{first}\"")))).Code.ShouldBe("conflict");
        (await IsletDialect.RefusedAsync(409, islet.DeleteAsync($"{entry}&versionstamp={first}"))).Code.ShouldBe("conflict");
        ((int)(await ApiHost.OkAsync(islet.GetAsync(entry)))["value"]!["value"]!).ShouldBe(2);
        await ApiHost.OkNullAsync(islet.DeleteAsync($"{entry}&versionstamp={second}"));

        static StringContent Value(string value, string versionstamp) =>
            ApiHost.Raw($$"""{"value":{"type":"json","value":{{value}}},"versionstamp":{{versionstamp}}}""");
    }

    [Fact]
    public async Task A_prefix_is_deleted_and_nothing_else()
    {
        using var islet = server.Islet();
        var path = await NewAsync();
        await ImportAsync(islet, path, Enumerable.Range(0, 1200).Select(index => Line($"""["a",{index}]""")).Append(Line("""["a"]""")).Append(Line("""["b",1]""")));

        (await ApiHost.OkAsync(islet.DeleteAsync($"{path}/entries?prefix=[\"a\"]"))).ToJsonString().ShouldBe("""{"deleted":1200,"hasMore":false}""");
        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries"))).AsArray().Count.ShouldBe(2);
        (await IsletDialect.RefusedAsync(400, islet.DeleteAsync($"{path}/entries"))).Field.ShouldBe("prefix");
        (await ApiHost.OkAsync(islet.DeleteAsync($"{path}/entries?prefix=[]"))).ToJsonString().ShouldBe("""{"deleted":2,"hasMore":false}""");
        (await ApiHost.OkAsync(islet.DeleteAsync($"{path}/entries?prefix=[]"))).ToJsonString().ShouldBe("""{"deleted":0,"hasMore":false}""");
    }

    [Fact]
    public async Task What_has_expired_is_not_there()
    {
        using var islet = server.Islet();
        var path = await NewAsync();
        await ApiHost.OkAsync(islet.PutAsync($"{path}/entry?key=[1]", ApiHost.Raw("""{"value":{"type":"u64","value":"1"},"expireAt":"2020-01-01T00:00:00Z"}""")));
        await ApiHost.OkAsync(islet.PutAsync($"{path}/entry?key=[2]", ApiHost.Raw("""{"value":{"type":"u64","value":"1"},"expireAt":"2120-01-01T00:00:00Z"}""")));

        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries"))).AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_export_is_imported_as_it_was()
    {
        using var islet = server.Islet();
        var (from, to) = (await NewAsync(), await NewAsync());
        string[] values =
        [
            """{"type":"json","value":{"a":[1,"€"]}}""", """{"type":"u64","value":"7"}""", """{"type":"bytes","value":"AP8="}""",
            """{"type":"bigint","value":"-5"}""", """{"type":"v8","value":"/w9EAAAAAAAAAAA="}""", """{"type":"v8","value":"AAAA"}""",
        ];
        await ImportAsync(islet, from, Enumerable.Range(0, 3000).Select(index => Line($"""["k",{index % 7},{index}]""", values[index % values.Length])).Append(Line("""{"raw":"AP8="}""")));

        using var exported = await islet.GetAsync($"{from}/entries/export");
        exported.Content.Headers.ContentType!.ToString().ShouldBe("application/x-ndjson");
        var lines = (await exported.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(3001);
        await ImportAsync(islet, to, lines);

        var again = (await islet.GetStringAsync($"{to}/entries/export")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        again.Select(WithoutStamp).ShouldBe(lines.Select(WithoutStamp));
        (await islet.GetStringAsync($"{to}/entries/export?prefix=[\"k\",3]")).Count(unit => unit == '\n').ShouldBe(again.Count(line => line.Contains("[\"k\",3,", StringComparison.Ordinal)));

        static string WithoutStamp(string line)
        {
            var entry = JsonNode.Parse(line)!.AsObject();
            entry.Remove("versionstamp").ShouldBeTrue();
            return entry.ToJsonString();
        }
    }

    [Fact]
    public async Task An_organization_takes_one_export_at_a_time()
    {
        using var islet = server.Islet();
        var (large, small) = (await NewAsync(), await NewAsync());
        var value = $$"""{"type":"json","value":"{{new string('x', 60_000)}}"}""";
        await ImportAsync(islet, large, Enumerable.Range(0, 400).Select(index => Line($"[{index}]", value)));

        using (await islet.GetAsync($"{large}/entries/export", HttpCompletionOption.ResponseHeadersRead)) // and does not take the rest
        {
            using var second = await islet.GetAsync($"{small}/entries/export");
            ((int)second.StatusCode).ShouldBe(503);
            second.Headers.RetryAfter.ShouldNotBeNull();
        }
        await Eventually.HoldsAsync(async () =>
        {
            using var again = await islet.GetAsync($"{small}/entries/export");
            return again.IsSuccessStatusCode;
        });
    }

    [Theory]
    [InlineData("{", "line 2")]
    [InlineData("[]", "line 2")]
    [InlineData("""{"key":["a"]}""", "line 2: value")]
    [InlineData("""{"value":{"type":"u64","value":"1"}}""", "line 2: key")]
    [InlineData("""{"key":[],"value":{"type":"u64","value":"1"}}""", "line 2: key")]
    [InlineData("""{"key":["a",null],"value":{"type":"u64","value":"1"}}""", "line 2: key[1]")]
    [InlineData("""{"key":["a"],"value":{"type":"u64","value":1}}""", "line 2: value.value")]
    [InlineData("""{"key":["a"],"value":{"type":"u64","value":"1"},"expireAt":7}""", "line 2: expireAt")]
    [InlineData("""{"key":["a"],"value":{"type":"u64","value":"1"},"ttl":7}""", "line 2")]
    [InlineData("""{"key":["a"],"key":["b"],"value":{"type":"u64","value":"1"}}""", "line 2")]
    [InlineData("""{"key":["a"],"value":{"type":"json","value":LARGE}}""", "line 2: value")]
    [InlineData("""{"key":[LARGE],"value":{"type":"u64","value":"1"}}""", "line 2: key")]
    public async Task A_line_that_is_wrong_is_named_and_nothing_is_imported(string line, string field)
    {
        using var islet = server.Islet();
        var path = await NewAsync();
        line = line.Replace("LARGE", $"\"{new string('x', 70_000)}\"", StringComparison.Ordinal);

        (await IsletDialect.RefusedAsync(400, islet.PostAsync($"{path}/entries/import", ApiHost.Raw($"{Line("""["first"]""")}\n{line}\n{Line("""["last"]""")}"))))
            .ShouldBe(("badRequest", field));
        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries"))).AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("entry", "key")]
    [InlineData("entry?key=[]", "key")]
    [InlineData("entry?key=users", "key")]
    [InlineData("entry?key=[null]", "key[0]")]
    [InlineData("entry?key=[1]&key=[2]", "key")]
    [InlineData("entry?key=[\"\\ud800\"]", "key[0]")]
    [InlineData("entries?prefix=1", "prefix")]
    [InlineData("entries?prefix={\"raw\":\"AP8=\"}", "prefix")]
    [InlineData("entries?limit=0", "limit")]
    [InlineData("entries?limit=1001", "limit")]
    [InlineData("entries?order=up", "order")]
    [InlineData("entries?cursor=?", "cursor")]
    [InlineData("entries/export?prefix=[[]]", "prefix[0]")]
    public async Task A_parameter_that_is_wrong_is_named(string path, string field)
    {
        using var islet = server.Islet();

        (await IsletDialect.RefusedAsync(400, islet.GetAsync($"{await NewAsync()}/{path}"))).ShouldBe(("badRequest", field));
    }

    [Theory]
    [InlineData("""{"value":{"type":"u64","value":"-1"}}""", "value.value")]
    [InlineData("""{"value":{"type":"date"}}""", "value.value")]
    [InlineData("""{"value":{"type":"json","value":{"a":1,"a":2}}}""", "value.value")]
    [InlineData("""{"value":{"type":"json","value":1},"expireAt":"soon"}""", "expireAt")]
    [InlineData("""{"value":{"type":"json","value":1},"versionstamp":"1"}""", "versionstamp")]
    [InlineData("""{"value":{"type":"json","value":1},"expireIn":1}""", "[\"expireIn\"]")]
    [InlineData("""{"value":{"type":"json","value":DEEP}}""", "value.value")]
    [InlineData("""{"value":{"type":"json","value":LARGE}}""", null)]
    public async Task A_value_that_is_wrong_is_named_and_not_written(string body, string? field)
    {
        using var islet = server.Islet();
        var path = await NewAsync();
        body = body.Replace("LARGE", $"\"{new string('x', 70_000)}\"", StringComparison.Ordinal)
            .Replace("DEEP", new string('[', 130) + new string(']', 130), StringComparison.Ordinal);

        (await IsletDialect.RefusedAsync(400, islet.PutAsync($"{path}/entry?key=[1]", ApiHost.Raw(body)))).ShouldBe(("badRequest", field));
        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries"))).AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Viewers_look_and_tokens_of_one_project_see_nothing()
    {
        using var islet = server.Islet();
        var path = await NewAsync();
        await ImportAsync(islet, path, [Line("""["a"]""")]);
        using var viewer = await server.JoinAsync("viewer");

        (await ApiHost.OkAsync(viewer.GetAsync($"{path}/entries"))).AsArray().Count.ShouldBe(1);
        (await viewer.GetStringAsync($"{path}/entries/export")).ShouldStartWith("""{"key":["a"],""");
        await IsletDialect.RefusedAsync(403, viewer.DeleteAsync($"{path}/entry?key=[\"a\"]"));
        await IsletDialect.RefusedAsync(403, viewer.DeleteAsync($"{path}/entries?prefix=[]"));
        await IsletDialect.RefusedAsync(403, viewer.PostAsync($"{path}/entries/import", ApiHost.Raw(Line("""["b"]"""))));

        var (stranger, organization, user) = await server.StrangerAsync();
        var theirs = await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/databases", ApiHost.Raw("{}")));
        var project = await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}")));
        await using var scope = server.Services.CreateAsyncScope();
        var (_, secret) = await scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Tokens.Tokens>()
            .CreateAsync(user, "narrow", organization, new ProjectId(Guid.Parse((string)project["id"]!)), null, default);
        using var narrow = server.Client(secret, "/islet/v1");
        (await IsletDialect.RefusedAsync(404, narrow.GetAsync($"databases/{theirs["id"]}/entries"))).Code.ShouldBe("databaseNotFound");
        (await IsletDialect.RefusedAsync(404, narrow.GetAsync($"{path}/entries"))).Code.ShouldBe("databaseNotFound");
        (await ApiHost.OkAsync(islet.GetAsync($"{path}/entries"))).AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Changes_are_in_the_audit_log_one_line_each()
    {
        using var islet = server.Islet();
        var path = await NewAsync();
        await ImportAsync(islet, path, Enumerable.Range(0, 1100).Select(index => Line($"""["a",{index}]""")));
        await ApiHost.OkAsync(islet.PutAsync($"{path}/entry?key=[\"b\"]", ApiHost.Raw("""{"value":{"type":"json","value":"do-not-show"}}""")));
        await ApiHost.OkNullAsync(islet.DeleteAsync($"{path}/entry?key=[\"b\"]"));
        await ApiHost.OkAsync(islet.DeleteAsync($"{path}/entries?prefix=[\"a\"]"));

        var entries = (await ApiHost.OkAsync(islet.GetAsync($"organizations/{server.First.OrganizationId}/audit?limit=100"))).AsArray()
            .Where(entry => (string)entry!["targetId"]! == path["databases/".Length..]).ToList();
        entries.Select(entry => ((string)entry!["operation"]!, (string)entry["detail"]!)).ShouldBe(
            [("entries.delete", "1100 below [\"a\"]"), ("entry.delete", "[\"b\"]"), ("entry.put", "[\"b\"]"), ("entries.import", "1100 entries")]);
    }

    async Task<string> NewAsync()
    {
        var database = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/databases", ApiHost.Raw("{}")));
        return $"databases/{database["id"]}";
    }

    static string Line(string key, string value = """{"type":"json","value":null}""") => $$"""{"key":{{key}},"value":{{value}}}""";

    static async Task ImportAsync(HttpClient client, string path, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        var body = new StringContent(string.Join('\n', all), Encoding.UTF8, "application/x-ndjson");
        (await ApiHost.OkAsync(client.PostAsync($"{path}/entries/import", body))).ToJsonString().ShouldBe($$"""{"imported":{{all.Count}}}""");
    }

    /// <summary>The last part of each key, over all pages.</summary>
    static async Task<List<int>> KeysAsync(HttpClient client, string path)
    {
        var keys = new List<int>();
        for (string? next = path; next is not null;)
        {
            using var response = await client.GetAsync(next);
            var text = await response.Content.ReadAsStringAsync();
            ((int)response.StatusCode).ShouldBe(200, text);
            keys.AddRange(JsonNode.Parse(text)!.AsArray().Select(entry => (int)entry!["key"]!.AsArray()[^1]!));
            next = response.Headers.TryGetValues("Link", out var links) ? links.Single().Split('>')[0][1..] : null;
            keys.Count.ShouldBeLessThan(1000);
        }
        return keys;
    }
}
