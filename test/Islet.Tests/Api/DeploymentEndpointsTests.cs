using System.Text.Json.Nodes;
using Islet.Contracts;

namespace Islet.Tests.Api;

public sealed class DeploymentEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Created_is_pending_without_hosts_and_has_exactly_the_published_fields()
    {
        var project = await server.NewProjectAsync();

        var created = await server.DeployAsync(project);

        created.AsObject().Select(member => member.Key).ShouldBe(
            ["id", "projectId", "status", "domains", "databases", "requestTimeout", "permissions", "createdAt", "updatedAt"]);
        ((string)created["status"]!).ShouldBe("pending");
        created["domains"]!.AsArray().ShouldBeEmpty();
        ((string)created["id"]!).ShouldMatch("^[0-9a-hjkmnp-tv-z]{12}$");
        ((string)created["createdAt"]!).ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$");
    }

    [Fact]
    public async Task Built_answers_at_its_own_host_and_shows_its_settings()
    {
        var project = await server.NewProjectAsync();
        var program = ApiHost.Program();
        program["description"] = "first";
        program["requestTimeout"] = 1500;
        program["permissions"] = new JsonObject { ["net"] = new JsonArray("example.com", "*") };
        var created = await server.DeployAsync(project, program);

        await server.BuiltAsync(created);

        var got = await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{created["id"]}"));
        var host = $"{project["name"]}-{created["id"]}.localhost";
        ((string)got["status"]!).ShouldBe("success");
        got["domains"]!.AsArray().Select(domain => (string)domain!).ShouldBe([host]);
        ((string)got["description"]!).ShouldBe("first");
        ((int)got["requestTimeout"]!).ShouldBe(1500);
        got["permissions"]!.ToJsonString().ShouldBe("""{"net":["example.com","*"]}""");
        server.Routes.Hosts[host].RequestTimeout.ShouldBe(TimeSpan.FromMilliseconds(1500));
    }
}
