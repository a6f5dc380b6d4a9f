using System.Text.Json.Nodes;
using Islet.Contracts;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Users;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class LimitEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Nothing_set_shows_the_platforms_limits()
    {
        var (tenant, organization) = await server.TenantAsync();

        var answer = await ApiHost.OkAsync(tenant.GetAsync($"organizations/{organization}/limits"));

        answer["limits"]!.AsObject().Select(member => member.Key).ShouldBe(
        [
            "cpuMsPerRequest", "cpuMsPerRequestHard", "requestTimeoutMs", "eventLoopBlockedMs", "memoryBytes", "concurrentRequests", "requestsPerSecond",
            "connectionsPerSecond", "egressConnections", "egressConnectionsPerSecond", "egressBytesPerHour", "logLinesPerSecond", "tmpBytes", "liveIsolates", "assetBytes", "kvBytes",
        ]);
        answer["limits"]!["cpuMsPerRequest"]!.GetValue<long>().ShouldBe(2000);
        answer["limits"]!["memoryBytes"].ShouldBeNull();
        answer["own"]!.AsObject().ShouldBeEmpty();
        answer["inherited"]!.ToJsonString().ShouldBe(answer["limits"]!.ToJsonString());
    }

    [Fact]
    public async Task A_project_asks_for_less_and_its_organization_wins()
    {
        using var operating = server.Islet();
        var (tenant, organization) = await server.TenantAsync();
        var project = await NewProjectAsync(tenant, organization);

        // 1 what the operator sets is inherited
        await PatchAsync(operating, $"organizations/{organization}", """{"concurrentRequests":50,"requestsPerSecond":20,"memoryBytes":268435456}""");
        var seen = await ApiHost.OkAsync(tenant.GetAsync($"projects/{project}/limits"));
        seen["limits"]!["concurrentRequests"]!.GetValue<long>().ShouldBe(50);
        seen["limits"]!.AsObject().ContainsKey("liveIsolates").ShouldBeFalse();

        // 2 less is taken, other members stay
        seen = await PatchAsync(tenant, $"projects/{project}", """{"concurrentRequests":10,"requestsPerSecond":20}""");
        seen = await PatchAsync(tenant, $"projects/{project}", """{"logLinesPerSecond":7}""");
        seen["own"]!.ToJsonString().ShouldBe("""{"concurrentRequests":10,"requestsPerSecond":20,"logLinesPerSecond":7}""");
        seen["limits"]!["concurrentRequests"]!.GetValue<long>().ShouldBe(10);
        seen["inherited"]!["concurrentRequests"]!.GetValue<long>().ShouldBe(50);

        // 3 more is not, and neither is "no limit"
        foreach (var (body, field) in ((string, string)[])
            [("""{"concurrentRequests":51}""", "concurrentRequests"), ("""{"requestsPerSecond":0}""", "requestsPerSecond"), ("""{"memoryBytes":536870912}""", "memoryBytes")])
            (await IsletDialect.RefusedAsync(400, tenant.PatchAsync($"projects/{project}/limits", ApiHost.Raw(body)))).ShouldBe(("badRequest", field));

        // 4 an organization that is lowered later lowers the project too
        await PatchAsync(operating, $"organizations/{organization}", """{"concurrentRequests":5}""");
        seen = await ApiHost.OkAsync(tenant.GetAsync($"projects/{project}/limits"));
        seen["limits"]!["concurrentRequests"]!.GetValue<long>().ShouldBe(5);
        seen["own"]!["concurrentRequests"]!.GetValue<long>().ShouldBe(10);

        // 5 null takes the own value away
        seen = await PatchAsync(tenant, $"projects/{project}", """{"concurrentRequests":null}""");
        seen["own"]!.ToJsonString().ShouldBe("""{"requestsPerSecond":20,"logLinesPerSecond":7}""");
        seen = await PatchAsync(operating, $"organizations/{organization}", """{"concurrentRequests":null}""");
        seen["limits"]!["concurrentRequests"]!.GetValue<long>().ShouldBe(1000);
    }

    [Fact]
    public async Task A_tenant_never_lifts_its_own_cap()
    {
        using var operating = server.Islet();
        var (tenant, organization) = await server.TenantAsync();
        await PatchAsync(operating, $"organizations/{organization}", """{"liveIsolates":3}""");

        foreach (var body in (string[])["""{"liveIsolates":4}""", """{"liveIsolates":2}""", """{"liveIsolates":null}""", "{}"])
            (await IsletDialect.RefusedAsync(403, tenant.PatchAsync($"organizations/{organization}/limits", ApiHost.Raw(body)))).Code.ShouldBe("forbidden");

        (await ApiHost.OkAsync(tenant.GetAsync($"organizations/{organization}/limits")))["limits"]!["liveIsolates"]!.GetValue<long>().ShouldBe(3);
    }

    [Fact]
    public async Task A_narrow_token_of_an_operator_has_none_of_the_operators_rights()
    {
        var organization = new OrganizationId(Guid.Parse(server.First.OrganizationId));
        var project = await server.NewProjectAsync();
        await using var scope = server.Services.CreateAsyncScope();
        var tokens = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Tokens.Tokens>();
        var user = (await scope.ServiceProvider.GetRequiredService<IsletDb>().Users.SingleAsync(row => row.IsOperator)).Id;
        using var ofOrganization = await ClientAsync(null);
        using var ofProject = await ClientAsync(new ProjectId(Guid.Parse((string)project["id"]!)));

        foreach (var client in (HttpClient[])[ofOrganization, ofProject])
            await IsletDialect.RefusedAsync(403, client.PatchAsync($"organizations/{organization}/limits", ApiHost.Raw("""{"liveIsolates":1}""")));
        await PatchAsync(ofOrganization, $"projects/{project["id"]}", """{"logLinesPerSecond":10}""");
        await IsletDialect.RefusedAsync(403, ofProject.PatchAsync($"projects/{project["id"]}/limits", ApiHost.Raw("""{"logLinesPerSecond":20}""")));
        (await ApiHost.OkAsync(ofProject.GetAsync($"projects/{project["id"]}/limits")))["limits"]!["logLinesPerSecond"]!.GetValue<long>().ShouldBe(10);

        async Task<HttpClient> ClientAsync(ProjectId? only) => server.Client((await tokens.CreateAsync(user, "narrow", organization, only, null, default)).Secret, "/islet/v1");
    }

    [Fact]
    public async Task A_change_is_in_the_routes_when_it_returns()
    {
        using var operating = server.Islet();
        var project = await server.NewProjectAsync();
        var other = await server.NewProjectAsync();
        foreach (var some in (JsonNode[])[project, other])
            await server.BuiltAsync(await server.DeployAsync(some));
        RouteOf(project).Limits.ShouldBeSameAs(ProjectLimits.Default);

        await PatchAsync(operating, $"projects/{project["name"]}", """{"requestsPerSecond":9,"requestTimeoutMs":1500}""");
        RouteOf(project).Limits.ShouldBe(ProjectLimits.Default with { RequestsPerSecond = 9, RequestTimeout = TimeSpan.FromSeconds(1.5) });
        RouteOf(other).Limits.ShouldBe(ProjectLimits.Default);

        try
        {
            await PatchAsync(operating, $"organizations/{server.First.OrganizationId}", """{"requestsPerSecond":5}""");
            RouteOf(project).Limits.RequestsPerSecond.ShouldBe(5);
            RouteOf(other).Limits.RequestsPerSecond.ShouldBe(5);
        }
        finally
        {
            await PatchAsync(operating, $"organizations/{server.First.OrganizationId}", """{"requestsPerSecond":null}""");
        }

        // also for hosts that come later
        await server.BuiltAsync(await server.DeployAsync(project));
        server.Routes.Hosts.Values.Where(route => route.Project.ToString() == (string)project["id"]!).Select(route => route.Limits.RequestsPerSecond).ShouldBe([9, 9]);
    }

    [Theory]
    [InlineData("""{"cpuMsPerRequest":0}""", "cpuMsPerRequest")]
    [InlineData("""{"cpuMsPerRequest":"5"}""", "cpuMsPerRequest")]
    [InlineData("""{"cpuMsPerRequest":1.5}""", "cpuMsPerRequest")]
    [InlineData("""{"cpuMsPerRequest":1e3}""", "cpuMsPerRequest")]
    [InlineData("""{"cpuMsPerRequestHard":3600001}""", "cpuMsPerRequestHard")]
    [InlineData("""{"requestTimeoutMs":[]}""", "requestTimeoutMs")]
    [InlineData("""{"eventLoopBlockedMs":99}""", "eventLoopBlockedMs")]
    [InlineData("""{"memoryBytes":1}""", "memoryBytes")]
    [InlineData("""{"memoryBytes":99999999999999999999}""", "memoryBytes")]
    [InlineData("""{"concurrentRequests":0}""", "concurrentRequests")]
    [InlineData("""{"requestsPerSecond":-1}""", "requestsPerSecond")]
    [InlineData("""{"egressConnections":true}""", "egressConnections")]
    [InlineData("""{"egressBytesPerHour":9007199254740992}""", "egressBytesPerHour")]
    [InlineData("""{"logLinesPerSecond":{}}""", "logLinesPerSecond")]
    [InlineData("""{"tmpBytes":0}""", "tmpBytes")]
    [InlineData("""{"logLinesPerSecond":5,"logLinesPerSecond":6}""", "[\"logLinesPerSecond\"]")]
    [InlineData("""{"logLinesPerSecond":5,"loglinesPerSecond":6}""", "[\"loglinesPerSecond\"]")]
    [InlineData("""{"logLinesPerSecond":5,"constructor":null}""", "[\"constructor\"]")]
    [InlineData("[]", null)]
    [InlineData("null", null)]
    [InlineData("", null)]
    [InlineData("{", null)]
    public async Task What_cannot_be_is_refused_by_name_and_nothing_is_written(string body, string? field)
    {
        using var operating = server.Islet();
        var project = await server.NewProjectAsync();

        foreach (var path in (string[])[$"projects/{project["id"]}", $"organizations/{server.First.OrganizationId}"])
        {
            var before = await ApiHost.OkAsync(operating.GetAsync($"{path}/limits"));
            (await IsletDialect.RefusedAsync(400, operating.PatchAsync($"{path}/limits", ApiHost.Raw(body)))).ShouldBe(("badRequest", field));
            (await ApiHost.OkAsync(operating.GetAsync($"{path}/limits"))).ToJsonString().ShouldBe(before.ToJsonString());
        }
    }

    [Theory]
    [InlineData("""{"liveIsolates":1}""", "[\"liveIsolates\"]")]
    [InlineData("""{"assetBytes":1}""", "[\"assetBytes\"]")]
    [InlineData("""{"kvBytes":null}""", "[\"kvBytes\"]")]
    public async Task What_counts_for_an_organization_is_not_a_projects(string body, string field)
    {
        using var operating = server.Islet();
        var project = await server.NewProjectAsync();

        (await IsletDialect.RefusedAsync(400, operating.PatchAsync($"projects/{project["id"]}/limits", ApiHost.Raw(body)))).ShouldBe(("badRequest", field));
    }

    [Fact]
    public async Task A_huge_body_is_refused()
    {
        using var operating = server.Islet();

        await IsletDialect.RefusedAsync(400, operating.PatchAsync(
            $"organizations/{server.First.OrganizationId}/limits", ApiHost.Raw($$"""{"{{new string('x', 300_000)}}":1}""")));
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_json()
    {
        using var operating = server.Islet();

        (await IsletDialect.RefusedAsync(404, operating.GetAsync("no/such/path"))).Code.ShouldBe("notFound");
        (await IsletDialect.RefusedAsync(405, operating.DeleteAsync($"organizations/{server.First.OrganizationId}/limits"))).Code.ShouldBe("methodNotAllowed");
        (await IsletDialect.RefusedAsync(400, operating.GetAsync("organizations/x/limits"))).ShouldBe(("badRequest", "organizationId"));
        (await IsletDialect.RefusedAsync(400, operating.GetAsync("projects/Not_A_Name/limits"))).ShouldBe(("badRequest", "projectId"));
    }

    Route RouteOf(JsonNode project) => server.Routes.Hosts.Values.Single(route => route.Project.ToString() == (string)project["id"]!);

    static async Task<JsonNode> PatchAsync(HttpClient client, string path, string body) =>
        await ApiHost.OkAsync(client.PatchAsync($"{path}/limits", ApiHost.Raw(body)));

    async Task<string> NewProjectAsync(HttpClient islet, string organization)
    {
        using var client = server.Client(islet.DefaultRequestHeaders.Authorization!.Parameter);
        return (string)(await ApiHost.OkAsync(client.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}"))))["id"]!;
    }
}
