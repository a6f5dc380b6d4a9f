using System.Text.Json.Nodes;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class OrganizationEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Its_maker_owns_it_and_both_dialects_show_it()
    {
        using var islet = server.Islet();

        var made = await ApiHost.OkAsync(islet.PostAsync("organizations", ApiHost.Raw("""{"name":"Füchse & Söhne"}""")));

        made.AsObject().Select(member => member.Key).ShouldBe(["id", "name", "role", "createdAt", "updatedAt"]);
        ((string)made["name"]!).ShouldBe("Füchse & Söhne");
        ((string)made["role"]!).ShouldBe("owner");
        (await ApiHost.OkAsync(islet.GetAsync($"organizations/{made["id"]}"))).ToJsonString().ShouldBe(made.ToJsonString());
        ((string)(await ApiHost.OkAsync(server.Http.GetAsync($"organizations/{made["id"]}")))["name"]!).ShouldBe("Füchse & Söhne");
        await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{made["id"]}/projects", ApiHost.Raw("{}")));
    }

    [Fact]
    public async Task Lists_are_of_ones_own_and_paged()
    {
        var (tenant, organization) = await server.TenantAsync();
        using var _ = tenant;
        foreach (var name in (string[])["b", "c", "a"])
            await ApiHost.OkAsync(tenant.PostAsync("organizations", ApiHost.Raw($$"""{"name":"{{name}}"}""")));

        using var first = await tenant.GetAsync("organizations?limit=2");

        first.Headers.GetValues("Link").Single().ShouldContain("page=2>; rel=\"next\"");
        (await NamesAsync("organizations?limit=2")).ShouldBe(["a", "b"]);
        (await NamesAsync("organizations?limit=2&page=2")).ShouldBe(["c", "stranger"]);
        (await NamesAsync("organizations?order=desc&q=b")).ShouldBe(["b"]);
        (await ApiHost.OkAsync(tenant.GetAsync("organizations?sort=updated_at")))[0]!["id"]!.ToString().ShouldBe(organization);

        async Task<List<string>> NamesAsync(string path) =>
            [.. (await ApiHost.OkAsync(tenant.GetAsync(path))).AsArray().Select(item => (string)item!["name"]!)];
    }

    [Fact]
    public async Task A_rename_moves_the_time_and_the_same_name_does_not()
    {
        using var islet = server.Islet();
        var made = await NewAsync(islet, "before");

        var renamed = await ApiHost.OkAsync(islet.PatchAsync($"organizations/{made["id"]}", ApiHost.Raw("""{"name":"after"}""")));
        var same = await ApiHost.OkAsync(islet.PatchAsync($"organizations/{made["id"]}", ApiHost.Raw("""{"name":"after"}""")));

        ((string)renamed["name"]!).ShouldBe("after");
        string.CompareOrdinal((string)renamed["updatedAt"]!, (string)made["updatedAt"]!).ShouldBeGreaterThan(0);
        same.ToJsonString().ShouldBe(renamed.ToJsonString());
    }

    [Fact]
    public async Task One_with_projects_goes_by_force_only_and_takes_everything_with_it()
    {
        using var islet = server.Islet();
        var made = await NewAsync(islet, "doomed");
        var project = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{made["id"]}/projects", ApiHost.Raw("{}")));
        var deployment = await server.DeployAsync(project);
        await server.BuiltAsync(deployment);
        var narrow = await ApiHost.OkAsync(islet.PostAsync("tokens", ApiHost.Raw($$"""{"name":"narrow","scope":"project","projectId":"{{project["id"]}}"}""")));
        using var narrowClient = server.Client((string)narrow["token"]!);
        await ApiHost.OkAsync(narrowClient.GetAsync($"projects/{project["id"]}"));

        (await IsletDialect.RefusedAsync(409, islet.DeleteAsync($"organizations/{made["id"]}"))).Code.ShouldBe("conflict");
        (await IsletDialect.RefusedAsync(400, islet.DeleteAsync($"organizations/{made["id"]}?force=yes"))).Field.ShouldBe("force");
        await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{deployment["id"]}"));
        (await (await islet.DeleteAsync($"organizations/{made["id"]}?force=true")).Content.ReadAsStringAsync()).ShouldBe("null");

        await ApiHost.RefusedAsync(404, server.Http.GetAsync($"organizations/{made["id"]}"));
        await ApiHost.RefusedAsync(404, server.Http.GetAsync($"deployments/{deployment["id"]}"));
        await ApiHost.RefusedAsync(401, narrowClient.GetAsync($"projects/{project["id"]}"));
        server.Isolates.Drained.ShouldContain(drained => drained.Deployment.Value == (string)deployment["id"]!);
        server.Routes.Hosts.Keys.ShouldNotContain(host => host.Contains((string)deployment["id"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_only_one_may_go_too_and_another_be_made()
    {
        var (tenant, organization) = await server.TenantAsync();
        using var _ = tenant;

        await ApiHost.OkAsync(tenant.DeleteAsync($"organizations/{organization}"));

        (await ApiHost.OkAsync(tenant.GetAsync("organizations"))).AsArray().ShouldBeEmpty();
        await NewAsync(tenant, "again");
    }

    [Theory]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"name":7}""", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"   "}""", "name")]
    [InlineData("""{"name":"a\nb"}""", "name")]
    [InlineData("""{"name":"a","name":"b"}""", "[\"name\"]")]
    [InlineData("""{"name":"a","role":"owner"}""", "[\"role\"]")]
    [InlineData("""[]""", null)]
    public async Task A_name_that_cannot_be_is_refused_and_writes_nothing(string body, string? field)
    {
        using var islet = server.Islet();
        var before = await CountAsync();

        (await IsletDialect.RefusedAsync(400, islet.PostAsync("organizations", ApiHost.Raw(body)))).Field.ShouldBe(field);
        (await IsletDialect.RefusedAsync(400, islet.PostAsync("organizations", ApiHost.Raw($$"""{"name":"{{new string('x', 101)}}"}""")))).Field.ShouldBe("name");

        (await CountAsync()).ShouldBe(before);
    }

    async Task<int> CountAsync()
    {
        await using var scope = server.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IsletDb>().Organizations.CountAsync();
    }

    static Task<JsonNode> NewAsync(HttpClient islet, string name) =>
        ApiHost.OkAsync(islet.PostAsync("organizations", ApiHost.Json(new JsonObject { ["name"] = name })));
}
