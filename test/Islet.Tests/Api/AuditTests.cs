using System.Text.Json.Nodes;
using Islet.Api.Islet;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class AuditTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Changes_of_both_dialects_tell_who_what_from_where_and_how_it_ended()
    {
        using var islet = server.Islet();
        var organization = await NewAsync(islet);
        using var v1 = server.Client(server.First.Token);
        v1.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "a-client/1.0");
        var project = await ApiHost.OkAsync(v1.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("""{"name":"audited-project"}""")));
        var deployment = await server.DeployAsync(project);
        await ApiHost.OkAsync(islet.PutAsync($"projects/{project["id"]}/env/A", ApiHost.Raw("""{"value":"do-not-show"}""")));
        await ApiHost.OkAsync(islet.PutAsync($"projects/{project["id"]}/secrets/B", ApiHost.Raw(IsletDialect.Secret)));
        await ApiHost.OkAsync(islet.PatchAsync($"projects/{project["id"]}/limits", ApiHost.Raw("""{"memoryBytes":134217728}""")));
        await ApiHost.OkAsync(v1.DeleteAsync($"deployments/{deployment["id"]}"));
        await ApiHost.OkAsync(v1.DeleteAsync($"projects/{project["id"]}"));
        await ApiHost.RefusedAsync(400, v1.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("""{"name":"Bad Name"}""")));

        var entries = (await ApiHost.OkAsync(islet.GetAsync($"organizations/{organization}/audit?order=asc"))).AsArray();

        entries.Select(entry => (string)entry!["operation"]!).ShouldBe(
            ["organization.create", "project.create", "deployment.create", "variable.put", "secret.put", "limits.update", "deployment.delete", "project.delete"]);
        var created = entries[1]!;
        ((string)created["actor"]!).ShouldBe(server.First.Email);
        ((string)created["tokenName"]!).ShouldBe("first start");
        ((string)created["targetKind"]!).ShouldBe("project");
        ((string)created["targetId"]!).ShouldBe((string)project["id"]!);
        ((string)created["outcome"]!).ShouldBe("done");
        ((string)created["address"]!).ShouldBe("127.0.0.1");
        ((string)created["userAgent"]!).ShouldBe("a-client/1.0");
        entries.ToJsonString().ShouldNotContain("do-not-show");
    }

    [Fact]
    public async Task What_was_not_allowed_is_told_too()
    {
        using var islet = server.Islet();
        using var viewer = await server.JoinAsync("viewer");
        var project = await server.NewProjectAsync();

        await IsletDialect.RefusedAsync(403, viewer.PutAsync($"projects/{project["id"]}/env/A", ApiHost.Raw("""{"value":"x"}""")));

        var last = (await ApiHost.OkAsync(islet.GetAsync($"organizations/{server.First.OrganizationId}/audit?limit=1")))[0]!;
        ((string)last["operation"]!).ShouldBe("PUT /islet/v1/projects/{projectId}/env/{name}");
        ((string)last["outcome"]!).ShouldBe("forbidden");
    }

    [Fact]
    public async Task Looking_and_asking_what_is_possible_leave_nothing()
    {
        using var islet = server.Islet();
        var organization = await NewAsync(islet);
        using var options = await islet.SendAsync(new(HttpMethod.Options, $"organizations/{organization}"));
        using var head = await islet.SendAsync(new(HttpMethod.Head, $"organizations/{organization}"));
        using var wrong = await islet.PostAsync($"organizations/{organization}", ApiHost.Raw("{}"));
        ((int)options.StatusCode, (int)head.StatusCode, (int)wrong.StatusCode).ShouldBe((200, 200, 405));

        (await ApiHost.OkAsync(islet.GetAsync($"organizations/{organization}/audit"))).AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Pages_filters_and_exports_are_the_same_lines()
    {
        using var islet = server.Islet();
        var organization = await NewAsync(islet);
        foreach (var name in (string[])["=HYPERLINK(\"http://x\")", "two, \"quoted\""])
            await ApiHost.OkAsync(islet.PatchAsync($"organizations/{organization}", ApiHost.Json(new JsonObject { ["name"] = name })));
        await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}")));
        var path = $"organizations/{organization}/audit";

        var all = (await ApiHost.OkAsync(islet.GetAsync(path))).AsArray();
        all.Count.ShouldBe(4);
        var paged = new List<string>();
        for (string? next = $"{path}?limit=3"; next is not null;)
        {
            using var response = await islet.GetAsync(next);
            paged.AddRange(JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsArray().Select(entry => entry!.ToJsonString()));
            next = response.Headers.TryGetValues("Link", out var links) ? links.Single().Split('<', '>')[1] : null;
        }
        paged.ShouldBe(all.Select(entry => entry!.ToJsonString()));
        (await CountAsync($"{path}?operation=organization")).ShouldBe(3);
        (await CountAsync($"{path}?operation=organization.rename")).ShouldBe(2);
        (await CountAsync($"{path}?actor={server.First.Email}")).ShouldBe(4);
        (await CountAsync($"{path}?actor=nobody@example.com")).ShouldBe(0);
        (await CountAsync($"{path}?since={all[1]!["time"]}")).ShouldBe(2);
        (await CountAsync($"{path}?until={all[1]!["time"]}")).ShouldBe(2);

        (await islet.GetStringAsync($"{path}?format=ndjson")).TrimEnd('\n').Split('\n').ShouldBe(paged);
        var csv = await islet.GetStringAsync($"{path}?format=csv&order=asc");
        csv.Split("\r\n").Length.ShouldBe(6);
        csv.ShouldStartWith("id,time,userId,");
        await IsletDialect.RefusedAsync(400, islet.GetAsync($"{path}?cursor=x"));
        await IsletDialect.RefusedAsync(400, islet.GetAsync($"{path}?format=xls"));

        async Task<int> CountAsync(string query) => (await ApiHost.OkAsync(islet.GetAsync(query))).AsArray().Count;
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@x", "'@x")]
    [InlineData("=a,\"b\"", "\"'=a,\"\"b\"\"\"")]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    public void A_cell_is_never_a_formula(string text, string cell) => AuditExport.Cell(text).ShouldBe(cell);

    [Fact]
    public async Task What_clients_write_about_themselves_is_bounded_and_one_line()
    {
        using var islet = server.Islet();
        islet.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", new string('x', 5000) + "\t");
        var organization = await NewAsync(islet);

        await using var scope = server.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        (await db.AuditLog.SingleAsync(entry => entry.TargetId == organization)).Agent.ShouldBe(new string('x', 256));
    }

    [Fact]
    public async Task Old_lines_are_forgotten_and_others_stay()
    {
        using var islet = server.Islet();
        var organization = await NewAsync(islet);
        await ApiHost.OkAsync(islet.PatchAsync($"organizations/{organization}", ApiHost.Raw("""{"name":"later"}""")));
        await using var scope = server.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var old = DateTimeOffset.UtcNow.AddDays(-366).ToUnixTimeMilliseconds() * 1000;
        await db.Database.ExecuteSqlAsync($"UPDATE \"AuditLog\" SET \"Time\" = {old} WHERE \"TargetId\" = {organization} AND \"Operation\" = 'organization.create'");

        await server.Services.GetRequiredService<AuditRetention>().RunAsync(default);

        (await ApiHost.OkAsync(islet.GetAsync($"organizations/{organization}/audit"))).AsArray()
            .Select(entry => (string)entry!["operation"]!).ShouldBe(["organization.rename"]);
    }

    static async Task<string> NewAsync(HttpClient islet) =>
        (string)(await ApiHost.OkAsync(islet.PostAsync("organizations", ApiHost.Raw("""{"name":"audited"}"""))))["id"]!;
}
