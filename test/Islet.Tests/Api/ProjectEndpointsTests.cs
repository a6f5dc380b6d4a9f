using System.Text.Json.Nodes;

namespace Islet.Tests.Api;

public sealed class ProjectEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    string Projects => $"organizations/{server.First.OrganizationId}/projects";

    [Fact]
    public async Task Organization_has_exactly_the_published_fields()
    {
        var got = await ApiHost.OkAsync(server.Http.GetAsync($"organizations/{server.First.OrganizationId}"));

        got.AsObject().Select(member => member.Key).ShouldBe(["id", "name", "createdAt", "updatedAt"]);
        ((string)got["id"]!).ShouldBe(server.First.OrganizationId);
    }

    [Fact]
    public async Task Without_a_name_it_gets_a_random_one_and_no_description()
    {
        var project = await server.NewProjectAsync();

        project.AsObject().Select(member => member.Key).ShouldBe(["id", "name", "description", "createdAt", "updatedAt"]);
        ((string)project["name"]!).ShouldMatch("^[a-z]+-[a-z]+-[0-9]+$");
        ((string)project["description"]!).ShouldBe("");
    }

    [Fact]
    public async Task Is_found_by_id_and_by_name()
    {
        var project = await server.NewProjectAsync("found-by-name");

        (await ApiHost.OkAsync(server.Http.GetAsync($"projects/{project["id"]}"))).ToJsonString().ShouldBe(project.ToJsonString());
        (await ApiHost.OkAsync(server.Http.GetAsync("projects/found-by-name"))).ToJsonString().ShouldBe(project.ToJsonString());
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("0abc9")]
    [InlineData("a-b-c")]
    [InlineData("abcdefghijklmnopqrstuvwxyz")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx")]
    [InlineData("e2e-0123456789ab")]
    public async Task Good_name_is_taken(string name) => ((string)(await server.NewProjectAsync(name))["name"]!).ShouldBe(name);

    [Theory]
    [InlineData("ab")]
    [InlineData("")]
    [InlineData("Abc")]
    [InlineData("-abc")]
    [InlineData("abc-")]
    [InlineData("a--b")]
    [InlineData("a.b")]
    [InlineData("a_b")]
    [InlineData("caf\u00e9")]
    [InlineData("www")]
    [InlineData("dash")]
    [InlineData("182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxy")]
    public async Task Bad_name_is_refused_by_field(string name)
    {
        var (code, message) = await ApiHost.RefusedAsync(400, server.Http.PostAsync(Projects, ApiHost.Json(new JsonObject { ["name"] = name })));

        code.ShouldBe("badRequest");
        message.ShouldStartWith("name ");
    }

    [Fact]
    public async Task Name_in_use_anywhere_is_refused()
    {
        await server.NewProjectAsync("only-once");
        var (stranger, organization, _) = await server.StrangerAsync();
        var body = new JsonObject { ["name"] = "only-once" };

        (await ApiHost.RefusedAsync(400, server.Http.PostAsync(Projects, ApiHost.Json(body)))).Code.ShouldBe("projectNameInUse");
        (await ApiHost.RefusedAsync(400, stranger.PostAsync($"organizations/{organization}/projects", ApiHost.Json(body)))).Code.ShouldBe("projectNameInUse");
    }

    [Fact]
    public async Task Same_name_at_once_is_given_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            server.Http.PostAsync(Projects, ApiHost.Json(new JsonObject { ["name"] = "raced-for" }))));

        answers.Count(answer => (int)answer.StatusCode == 200).ShouldBe(1);
        answers.Count(answer => (int)answer.StatusCode == 400).ShouldBe(7);
    }

    [Fact]
    public async Task Name_that_looks_like_a_host_of_another_organizations_project_is_refused()
    {
        await server.NewProjectAsync("owner-of-hosts");
        var (stranger, organization, _) = await server.StrangerAsync();

        var (code, _) = await ApiHost.RefusedAsync(400, stranger.PostAsync(
            $"organizations/{organization}/projects", ApiHost.Json(new JsonObject { ["name"] = "owner-of-hosts-rn3mjpwsw24d" })));

        code.ShouldBe("projectNameInUse");
    }

    [Fact]
    public async Task Update_changes_what_is_given()
    {
        var project = await server.NewProjectAsync();
        var path = $"projects/{project["id"]}";

        var described = await ApiHost.OkAsync(server.Http.PatchAsync(path, ApiHost.Raw("""{"description":"d","name":null}""")));
        var renamed = await ApiHost.OkAsync(server.Http.PatchAsync(path, ApiHost.Raw("""{"name":"renamed-project"}""")));
        var untouched = await ApiHost.OkAsync(server.Http.PatchAsync(path, ApiHost.Raw("{}")));

        ((string)described["description"]!).ShouldBe("d");
        described["name"]!.ToString().ShouldBe(project["name"]!.ToString());
        ((string)renamed["name"]!).ShouldBe("renamed-project");
        ((string)renamed["description"]!).ShouldBe("d");
        untouched.ToJsonString().ShouldBe(renamed.ToJsonString());
        await ApiHost.RefusedAsync(404, server.Http.GetAsync($"projects/{project["name"]}"));
    }

    [Fact]
    public async Task Rename_moves_the_hosts()
    {
        var project = await server.NewProjectAsync("old-name");
        var program = ApiHost.Program();
        program["domains"] = new JsonArray("{project.name}.deno.dev", "{project.name}-{deployment.id}.localhost");
        var deployment = await server.DeployAsync(project, program);
        await server.BuiltAsync(deployment);

        await ApiHost.OkAsync(server.Http.PatchAsync("projects/old-name", ApiHost.Raw("""{"name":"new-name"}""")));

        var got = await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{deployment["id"]}"));
        got["domains"]!.AsArray().Select(domain => (string)domain!).ShouldBe(["new-name.localhost", $"new-name-{deployment["id"]}.localhost"]);
        server.Routes.Hosts.ShouldContainKey("new-name.localhost");
        server.Routes.Hosts.ShouldContainKey($"new-name-{deployment["id"]}.localhost");
        server.Routes.Hosts.ShouldNotContainKey("old-name.localhost");
        server.Routes.Hosts.ShouldNotContainKey($"old-name-{deployment["id"]}.localhost");
    }

    [Fact]
    public async Task Delete_takes_deployments_and_routes_along_and_answers_null()
    {
        var project = await server.NewProjectAsync();
        var deployment = await server.DeployAsync(project);
        await server.BuiltAsync(deployment);
        var host = $"{project["name"]}-{deployment["id"]}.localhost";
        server.Routes.Hosts.ShouldContainKey(host);

        using var deleted = await server.Http.DeleteAsync($"projects/{project["id"]}");

        (await deleted.Content.ReadAsStringAsync()).ShouldBe("null");
        ((int)deleted.StatusCode).ShouldBe(200);
        server.Routes.Hosts.ShouldNotContainKey(host);
        server.Isolates.Drained.ShouldContain((new((string)deployment["id"]!), Contracts.ShutdownReason.Deleted));
        (await ApiHost.RefusedAsync(404, server.Http.GetAsync($"projects/{project["id"]}"))).Code.ShouldBe("projectNotFound");
        (await ApiHost.RefusedAsync(404, server.Http.GetAsync($"deployments/{deployment["id"]}"))).Code.ShouldBe("deploymentNotFound");
        await ApiHost.RefusedAsync(404, server.Http.DeleteAsync($"projects/{project["id"]}"));
    }

    [Fact]
    public async Task Description_may_have_a_thousand_characters_even_astral_ones()
    {
        var longest = string.Concat(Enumerable.Repeat("\U0001F600", 1000));

        var made = await ApiHost.OkAsync(server.Http.PostAsync(Projects, ApiHost.Json(new JsonObject { ["description"] = longest })));
        var (_, message) = await ApiHost.RefusedAsync(
            400, server.Http.PostAsync(Projects, ApiHost.Json(new JsonObject { ["description"] = longest + "x" })));

        ((string)made["description"]!).ShouldBe(longest);
        message.ShouldStartWith("description ");
    }
}
