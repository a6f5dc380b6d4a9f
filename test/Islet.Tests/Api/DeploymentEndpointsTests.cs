using System.Text.Json.Nodes;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;

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

    [Fact]
    public async Task Project_is_named_by_its_name_too()
    {
        await server.NewProjectAsync("deploys-by-name");

        var created = await ApiHost.OkAsync(server.Http.PostAsync("projects/deploys-by-name/deployments", ApiHost.Json(ApiHost.Program())));

        ((string)created["status"]!).ShouldBe("pending");
    }

    [Fact]
    public async Task Hosts_follow_the_templates_in_the_order_given_and_move_to_the_newer_deployment()
    {
        var project = await server.NewProjectAsync("moving-hosts");
        var program = ApiHost.Program();
        program["domains"] = new JsonArray("{project.name}.deno.dev", "MOVING-hosts.localhost", "{project.name}-{deployment.id}.localhost");
        var first = await server.DeployAsync(project, program);
        var second = await server.DeployAsync(project, program);

        await server.BuiltAsync(first);
        (await DomainsAsync(first)).ShouldBe(["moving-hosts.localhost", $"moving-hosts-{first["id"]}.localhost"]);
        await server.BuiltAsync(second);

        (await DomainsAsync(first)).ShouldBe([$"moving-hosts-{first["id"]}.localhost"]);
        (await DomainsAsync(second)).ShouldBe(["moving-hosts.localhost", $"moving-hosts-{second["id"]}.localhost"]);
        server.Routes.Hosts["moving-hosts.localhost"].Deployment.Value.ShouldBe((string)second["id"]!);
        server.Routes.Hosts["MOVING-HOSTS.localhost"].Deployment.Value.ShouldBe((string)second["id"]!);
    }

    [Fact]
    public async Task Empty_list_of_domains_means_no_host_at_all()
    {
        var project = await server.NewProjectAsync();
        var program = ApiHost.Program();
        program["domains"] = new JsonArray();
        var deployment = await server.DeployAsync(project, program);

        await server.BuiltAsync(deployment);

        (await DomainsAsync(deployment)).ShouldBeEmpty();
        server.Routes.Hosts.Values.ShouldNotContain(route => route.Deployment.Value == (string)deployment["id"]!);
    }

    [Fact]
    public async Task Failed_build_leaves_the_old_deployment_routed()
    {
        var project = await server.NewProjectAsync("keeps-old");
        var program = ApiHost.Program();
        program["domains"] = new JsonArray("{project.name}.deno.dev");
        var old = await server.DeployAsync(project, program);
        await server.BuiltAsync(old);
        var broken = await server.DeployAsync(project, program);

        await using var scope = server.Services.CreateAsyncScope();
        var fail = scope.ServiceProvider.GetRequiredService<FailDeployment>();
        (await fail.RunAsync(new((string)broken["id"]!), builder: null, "it threw", default)).ShouldBeTrue();
        (await fail.RunAsync(new((string)broken["id"]!), builder: null, "it threw", default)).ShouldBeFalse();

        var got = await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{broken["id"]}"));
        ((string)got["status"]!).ShouldBe("failed");
        got["domains"]!.AsArray().ShouldBeEmpty();
        server.Routes.Hosts["keeps-old.localhost"].Deployment.Value.ShouldBe((string)old["id"]!);
    }

    [Fact]
    public async Task Deleted_while_it_was_built_stays_deleted()
    {
        var project = await server.NewProjectAsync();
        var deployment = await server.DeployAsync(project);
        using var deleted = await server.Http.DeleteAsync($"deployments/{deployment["id"]}");
        (await deleted.Content.ReadAsStringAsync()).ShouldBe("null");

        await using var scope = server.Services.CreateAsyncScope();
        var activated = await scope.ServiceProvider.GetRequiredService<ActivateDeployment>()
            .RunAsync(new((string)deployment["id"]!), builder: null, new("artifact", Sha256: null), default);

        activated.ShouldBeFalse();
        (await ApiHost.RefusedAsync(404, server.Http.GetAsync($"deployments/{deployment["id"]}"))).Code.ShouldBe("deploymentNotFound");
        await ApiHost.RefusedAsync(404, server.Http.DeleteAsync($"deployments/{deployment["id"]}"));
    }

    [Fact]
    public async Task Deleted_is_unreachable_at_once_and_its_isolate_drained()
    {
        var project = await server.NewProjectAsync();
        var deployment = await server.DeployAsync(project);
        await server.BuiltAsync(deployment);

        await ApiHost.RefusedAsync(404, Task.FromResult(await DeleteTwiceAsync(deployment)));

        server.Routes.Hosts.ShouldNotContainKey($"{project["name"]}-{deployment["id"]}.localhost");
        server.Isolates.Drained.ShouldContain((new((string)deployment["id"]!), ShutdownReason.Deleted));
        (await server.Services.GetRequiredService<IRouteSource>().FindSpecAsync(new((string)deployment["id"]!), default)).ShouldBeNull();
    }

    [Theory]
    [InlineData("envVars")]
    [InlineData("env_vars")]
    public async Task Redeploy_merges_variables_and_shares_the_artifact(string member)
    {
        var project = await server.NewProjectAsync();
        var program = ApiHost.Program();
        program["envVars"] = new JsonObject { ["A"] = "1", ["B"] = "2" };
        program["description"] = "kept";
        program["domains"] = new JsonArray("{project.name}.deno.dev");
        var source = await server.DeployAsync(project, program);
        await server.BuiltAsync(source);

        var again = await ApiHost.OkAsync(server.Http.PostAsync(
            $"deployments/{source["id"]}/redeploy",
            ApiHost.Json(new JsonObject { [member] = new JsonObject { ["A"] = null, ["B"] = "3", ["C"] = "4" }, ["description"] = null })));

        ((string)again["status"]!).ShouldBe("pending");
        again["id"]!.ToString().ShouldNotBe(source["id"]!.ToString());
        await using var scope = server.Services.CreateAsyncScope();
        var row = await scope.ServiceProvider.GetRequiredService<IsletDb>().Deployments.FindAsync(new DeploymentId((string)again["id"]!));
        row!.Environment.ShouldBe(new Dictionary<string, string> { ["B"] = "3", ["C"] = "4" }, ignoreOrder: true);
        row.ArtifactId.ShouldBe("artifact-1");
        await server.BuiltAsync(again);
        var got = await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{again["id"]}"));
        ((string)got["description"]!).ShouldBe("kept");
        (await DomainsAsync(again)).ShouldBe([$"{project["name"]}-{again["id"]}.localhost"]);
        (await DomainsAsync(source)).ShouldBe([$"{project["name"]}.localhost"]);
    }

    [Fact]
    public async Task Redeploy_of_what_was_not_built_is_refused()
    {
        var project = await server.NewProjectAsync();
        var source = await server.DeployAsync(project);
        var path = $"deployments/{source["id"]}/redeploy";

        (await ApiHost.RefusedAsync(400, server.Http.PostAsync(path, ApiHost.Raw("{}")))).Code.ShouldBe("badRequest");
        await server.BuiltAsync(source);
        (await ApiHost.RefusedAsync(400, server.Http.PostAsync(path, ApiHost.Raw("")))).Message.ShouldContain("empty");
        (await ApiHost.RefusedAsync(400, server.Http.PostAsync(path, ApiHost.Raw("""{"envVars":{"DENO_X":"1"}}""")))).Message.ShouldContain("DENO_ is a reserved prefix");
        (await ApiHost.RefusedAsync(400, server.Http.PostAsync(path, ApiHost.Raw("""{"permissions":{"net":["a b"]}}""")))).Message.ShouldContain("permissions.net[0]");
        await ApiHost.OkAsync(server.Http.PostAsync(path, ApiHost.Raw("{}")));
    }

    [Fact]
    public async Task Definitive_errors_tell_the_client_not_to_retry()
    {
        using var response = await server.Http.GetAsync("deployments/000000000000");

        response.Headers.GetValues("x-should-retry").Single().ShouldBe("false");
    }

    async Task<List<string>> DomainsAsync(JsonNode deployment) =>
        [.. (await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{deployment["id"]}")))["domains"]!.AsArray().Select(domain => (string)domain!)];

    async Task<HttpResponseMessage> DeleteTwiceAsync(JsonNode deployment)
    {
        using var first = await server.Http.DeleteAsync($"deployments/{deployment["id"]}");
        ((int)first.StatusCode).ShouldBe(200);
        return await server.Http.DeleteAsync($"deployments/{deployment["id"]}");
    }
}
