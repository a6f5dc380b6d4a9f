using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Deployments;
using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>What deployctl asks for, where it does not need a build: that it works is shown end to end.</summary>
public sealed class DashboardEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    const string Program = "export default { fetch: () => new Response('hi') }";

    [Fact]
    public async Task Production_takes_the_custom_hosts_of_the_one_before_and_a_preview_none()
    {
        using var api = server.Client(server.First.Token, "/api");
        var project = await server.NewProjectAsync();
        var (name, first) = ((string)project["name"]!, await PushAsync(api, project, production: true));
        var domain = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/domains", ApiHost.Raw($$"""{"domain":"*.{{name}}.example.com"}""")));
        await ApiHost.OkNullAsync(server.Http.PostAsync($"domains/{domain["id"]}/verify", null));
        foreach (var host in (string[])[$"www.{name}.example.com", $"{first}.{name}.example.com"])
            await ApiHost.OkAsync(server.Http.PutAsync($"deployments/{first}/domains/{host}", null));

        var preview = await PushAsync(api, project, production: false);
        (await HostsAsync(preview)).ShouldBe([$"{name}-{preview}.localhost"]);
        (await HostsAsync(first)).Count().ShouldBe(4);

        var second = await PushAsync(api, project, production: true);
        (await HostsAsync(second)).ShouldBe([$"{name}.localhost", $"{name}-{second}.localhost", $"www.{name}.example.com"]);
        (await HostsAsync(first)).ShouldBe([$"{name}-{first}.localhost", $"{first}.{name}.example.com"], ignoreOrder: true);
        (await ApiHost.OkAsync(api.GetAsync($"projects/{name}/domains"))).AsArray().Select(host => (string)host!["domain"]!).ShouldBe(
            [$"{name}.localhost", $"{first}.{name}.example.com", $"www.{name}.example.com"], ignoreOrder: true);
        ((string?)(await ApiHost.OkAsync(api.GetAsync($"projects/{name}")))["productionDeployment"]!["id"]).ShouldBe(second);

        async Task<IEnumerable<string>> HostsAsync(string deployment) =>
            (await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{deployment}")))["domains"]!.AsArray().Select(host => (string)host!);
    }

    [Fact]
    public async Task A_hash_tells_nothing_about_other_organizations()
    {
        var (_, organization, user) = await server.StrangerAsync();
        using var stranger = await ClientAsync(user);
        using var api = server.Client(server.First.Token, "/api");
        var content = Guid.NewGuid().ToString();
        await PushAsync(api, await server.NewProjectAsync(), production: true, content);
        var theirs = await ApiHost.OkAsync(stranger.PostAsync("projects", ApiHost.Raw("{}")));
        ((string)theirs["organizationId"]!).ShouldBe(organization.ToString()); // the only one that the token opens
        ((string?)theirs["organization"]!["name"]).ShouldBe("stranger"); // and not a personal one

        var mine = await ApiHost.OkAsync(api.PostAsync($"projects/{(await server.NewProjectAsync())["id"]}/assets/negotiate", ApiHost.Json(Manifest(content))));
        var needed = await ApiHost.OkAsync(stranger.PostAsync($"projects/{theirs["id"]}/assets/negotiate", ApiHost.Json(Manifest(content))));

        mine.AsArray().ShouldBeEmpty();
        needed.AsArray().Select(hash => (string)hash!).ShouldBe([GitSha1.Of(content)]);
    }

    [Fact]
    public async Task Without_a_personal_organization_one_of_several_is_to_be_named()
    {
        var (_, organization, user) = await server.StrangerAsync();
        using var api = await ClientAsync(user);
        await ApiHost.OkAsync(api.PostAsync("organizations", ApiHost.Raw("""{"name":"second"}""")));

        (await ApiHost.RefusedAsync(400, api.PostAsync("projects", ApiHost.Raw("{}")))).Message.ShouldStartWith("organizationId is missing");
        await ApiHost.OkAsync(api.PostAsync("projects", ApiHost.Raw($$"""{"organizationId":"{{organization}}"}""")));
    }

    [Fact]
    public async Task A_name_that_is_taken_leaves_the_variables_as_they_were()
    {
        using var api = server.Client(server.First.Token, "/api");
        var (taken, project) = (await server.NewProjectAsync(), await ApiHost.OkAsync(api.PostAsync("projects", ApiHost.Raw("""{"envs":{"A":"1"}}"""))));
        var before = await server.RowsAsync();

        await ApiHost.RefusedAsync(400, api.PatchAsync($"projects/{project["id"]}", ApiHost.Raw($$"""{"envs":{"B":"2"},"name":"{{taken["name"]}}"}""")));
        await ApiHost.RefusedAsync(400, api.PatchAsync($"projects/{project["id"]}", ApiHost.Raw("""{"name":"another-free-name","envs":{"DENO_B":"2"}}""")));
        await ApiHost.RefusedAsync(400, api.PostAsync("projects", ApiHost.Raw("""{"envs":{"B":null}}""")));

        (await server.RowsAsync()).ShouldBe(before);
        (await ApiHost.OkAsync(api.GetAsync($"projects/{project["id"]}")))["envVars"]!.ToJsonString().ShouldBe("""["A"]""");
        ((string)(await ApiHost.OkAsync(api.GetAsync($"projects/{project["id"]}")))["name"]!).ShouldBe((string)project["name"]!);
    }

    [Fact]
    public async Task A_dry_run_leaves_nothing_in_the_audit_log()
    {
        using var api = server.Client(server.First.Token, "/api");
        using var islet = server.Islet();
        var organization = await ApiHost.OkAsync(api.PostAsync("organizations", ApiHost.Raw("""{"name":"dry"}""")));
        var project = await ApiHost.OkAsync(api.PostAsync("projects", ApiHost.Raw($$"""{"envs":{"A":"1"},"organizationId":"{{organization["id"]}}"}""")));
        await ApiHost.OkAsync(api.PostAsync($"projects/{project["id"]}/assets/negotiate", ApiHost.Json(Manifest("x"))));

        (await ApiHost.OkAsync(islet.GetAsync($"organizations/{organization["id"]}/audit?order=asc"))).AsArray()
            .Select(entry => (string)entry!["operation"]!).ShouldBe(["organization.create", "project.create", "variable.put"]);
    }

    [Theory]
    [InlineData("""{"entries":{"a":{"kind":"file"}}}""", "entries[\"a\"].gitSha1 is missing")]
    [InlineData("""{"entries":{"a":{"kind":"file","gitSha1":"xyz"}}}""", "entries[\"a\"].gitSha1 must be 40 hexadecimal digits")]
    [InlineData("""{"entries":{"a":{"kind":"socket"}}}""", "entries[\"a\"].kind must be")]
    [InlineData("""{"entries":{"a":{"kind":"directory","entries":{"b":{"kind":"symlink"}}}}}""", "entries[\"a\"].entries[\"b\"].target is missing")]
    [InlineData("""{"entries":{"a":{"kind":"directory"}}}""", "entries[\"a\"].entries is missing")]
    [InlineData("{}", "entries is missing")]
    public async Task What_is_wrong_in_a_manifest_is_named(string manifest, string message)
    {
        using var api = server.Client(server.First.Token, "/api");
        var project = await server.NewProjectAsync();

        (await ApiHost.RefusedAsync(400, api.PostAsync($"projects/{project["id"]}/assets/negotiate", ApiHost.Raw(manifest)))).Message.ShouldStartWith(message);
    }

    [Fact]
    public async Task Trees_that_are_too_deep_or_have_paths_that_are_too_long_are_refused()
    {
        using var api = server.Client(server.First.Token, "/api");
        var project = await server.NewProjectAsync();

        foreach (var (levels, name) in ((int, string)[])[(100, "d"), (10, new string('d', 200))])
        {
            var manifest = Manifest("x");
            for (var level = 0; level < levels; level++)
                manifest = new() { ["entries"] = new JsonObject { [name] = new JsonObject { ["kind"] = "directory", ["entries"] = manifest["entries"]!.DeepClone() } } };
            await ApiHost.RefusedAsync(400, api.PostAsync(
                $"projects/{project["id"]}/assets/negotiate", ApiHost.Raw(manifest.ToJsonString(new() { MaxDepth = 512 }))));
        }
    }

    [Fact]
    public async Task Forms_that_are_none_are_refused_and_write_nothing()
    {
        using var api = server.Client(server.First.Token, "/api");
        var project = await server.NewProjectAsync();
        var before = await server.RowsAsync();
        const string Request = "Content-Disposition: form-data; name=\"request\"\r\n\r\n{\"url\":\"main.ts\"}";
        foreach (var (type, body) in ((string, string)[])
        [
            ("multipart/form-data", "--x\r\n"), ("multipart/form-data; boundary=\"\"", ""), ($"multipart/form-data; boundary={new string('x', 71)}", ""),
            ("multipart/mixed; boundary=x", $"--x\r\n{Request}\r\n--x--"), ("multipart/form-data; boundary=x", ""), ("multipart/form-data; boundary=x", "--x--"),
            ("multipart/form-data; boundary=x", "--y\r\n"), ("multipart/form-data; boundary=x", "--x"), ("multipart/form-data; boundary=x", "--x\r\n"),
            ("multipart/form-data; boundary=x", $"--x\r\n{Request}"), ("multipart/form-data; boundary=x", $"--x\r\n{Request}\r\n--x"), ("multipart/form-data; boundary=x", $"--x\r\n{Request}\r\n--xyz"),
            ("multipart/form-data; boundary=x", "--x\r\n\r\n\r\nbody\r\n--x--"), ("multipart/form-data; boundary=x", $"--x\r\nX: {new string('y', 5000)}\r\n\r\nbody\r\n--x--"),
            ("multipart/form-data; boundary=x", $"--x\r\n{Request.Replace("request", "file", StringComparison.Ordinal)}\r\n--x--"),
            ("multipart/form-data; boundary=x", $"--x\r\n{Request}\r\n--x\r\n{Request}\r\n--x--"), ("multipart/form-data; boundary=x", $"--x\r\n{Request}\r\n--x--"),
        ])
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            await ApiHost.RefusedAsync(400, api.PostAsync($"projects/{project["id"]}/deployment_with_assets", content));
        }

        (await server.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_token_of_one_project_sees_itself_as_the_only_member()
    {
        var (stranger, organization, user) = await server.StrangerAsync();
        var (mine, _) = (await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}"))),
            await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}"))));
        using var narrow = await ClientAsync(user, organization, new ProjectId(Guid.Parse((string)mine["id"]!)));

        var seen = await ApiHost.OkAsync(narrow.GetAsync($"organizations/{organization}"));
        seen["members"]!.AsArray().Count.ShouldBe(1);
        seen["projects"]!.AsArray().Select(project => (string)project!["id"]!).ShouldBe([(string)mine["id"]!]);
        (await ApiHost.OkAsync(narrow.GetAsync($"projects/{mine["id"]}/databases"))).AsArray().ShouldBeEmpty();
        await ApiHost.RefusedAsync(404, narrow.PostAsync("projects", ApiHost.Raw("{}")));
    }

    async Task<HttpClient> ClientAsync(Islet.ControlPlane.Users.UserId user, OrganizationId? organization = null, ProjectId? project = null)
    {
        await using var scope = server.Services.CreateAsyncScope();
        var tokens = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Tokens.Tokens>();
        return server.Client((await tokens.CreateAsync(user, "test", organization, project, null, default)).Secret, "/api");
    }

    static JsonObject Manifest(string content) => new()
    {
        ["entries"] = new JsonObject { ["main.ts"] = new JsonObject { ["kind"] = "file", ["gitSha1"] = GitSha1.Of(content), ["size"] = content.Length } },
    };

    /// <summary>Gives the id when its build has ended.</summary>
    async Task<string> PushAsync(HttpClient api, JsonNode project, bool production, string content = Program)
    {
        var request = new JsonObject { ["url"] = "file:///src/main.ts", ["importMapUrl"] = null, ["production"] = production, ["manifest"] = Manifest(content) };
        using var form = new MultipartFormDataContent { { new StringContent(request.ToJsonString()), "request" } };
        var file = new ByteArrayContent(Encoding.UTF8.GetBytes(content));
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(file, "file", "blob");
        using var message = new HttpRequestMessage(HttpMethod.Post, $"projects/{project["id"]}/deployment_with_assets") { Content = form };
        using var answer = await api.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        ((int)answer.StatusCode).ShouldBe(200);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("application/x-ndjson");

        var id = (await ApiHost.OkAsync(server.Http.GetAsync($"projects/{project["id"]}/deployments?order=desc&limit=1")))[0]!["id"]!;
        await server.BuiltAsync(new JsonObject { ["id"] = id.DeepClone() });
        var events = (await answer.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        events.Select(one => (string)one["type"]!).ShouldBe(["staticFile", "load", "uploadComplete", "success"]);
        ((string)events[^1]["id"]!).ShouldBe((string)id!);
        return (string)id!;
    }
}
