using System.Text.Json.Nodes;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class ListTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Pages_carry_the_relations_that_exist_and_keep_the_query()
    {
        var project = await server.NewProjectAsync();
        for (var count = 0; count < 5; count++)
            await server.DeployAsync(project);
        var list = $"projects/{project["id"]}/deployments";
        var url = $"{server.Http.BaseAddress}{list}";

        (await LinkAsync($"{list}?limit=2&order=desc&q=")).ShouldBe(
            $"<{url}?limit=2&order=desc&q=&page=2>; rel=\"next\", <{url}?limit=2&order=desc&q=&page=1>; rel=\"first\", <{url}?limit=2&order=desc&q=&page=3>; rel=\"last\"");
        (await LinkAsync($"{list}?page=2&limit=2")).ShouldBe(
            $"<{url}?limit=2&page=3>; rel=\"next\", <{url}?limit=2&page=1>; rel=\"prev\", <{url}?limit=2&page=1>; rel=\"first\", <{url}?limit=2&page=3>; rel=\"last\"");
        (await LinkAsync($"{list}?page=3&limit=2")).ShouldBe(
            $"<{url}?limit=2&page=2>; rel=\"prev\", <{url}?limit=2&page=1>; rel=\"first\", <{url}?limit=2&page=3>; rel=\"last\"");
        (await LinkAsync(list)).ShouldBeNull();
    }

    [Fact]
    public async Task Pages_together_are_the_whole_list_in_the_order_asked_for()
    {
        var project = await server.NewProjectAsync();
        var made = new List<string>();
        for (var count = 0; count < 5; count++)
            made.Add((string)(await server.DeployAsync(project))["id"]!);
        var list = $"projects/{project["id"]}/deployments";

        (await IdsAsync($"{list}?limit=2", $"{list}?limit=2&page=2", $"{list}?limit=2&page=3", $"{list}?limit=2&page=4")).ShouldBe(made);
        (await IdsAsync($"{list}?order=desc&limit=&page=&sort=&q=")).ShouldBe(Enumerable.Reverse(made));
        (await IdsAsync($"{list}?sort=id")).ShouldBe(made.Order(StringComparer.Ordinal));
        (await IdsAsync($"{list}?q={made[2]}")).ShouldBe([made[2]]);
        (await IdsAsync($"{list}?q={made[2][..6].ToUpperInvariant()}")).ShouldBe([made[2]]);
        (await IdsAsync($"{list}?q=%25")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Projects_are_searched_by_part_of_the_name_or_by_id()
    {
        var project = await server.NewProjectAsync("findable-project");
        await server.NewProjectAsync("another-thing");
        var list = $"organizations/{server.First.OrganizationId}/projects";
        string[] only = [(string)project["id"]!];

        (await IdsAsync($"{list}?q=DABLE-p")).ShouldBe(only);
        (await IdsAsync($"{list}?q={project["id"]}")).ShouldBe(only);
        (await IdsAsync($"{list}?q=_")).ShouldBeEmpty();
        (await IdsAsync($"{list}?q=%25")).ShouldBeEmpty();
        (await IdsAsync($"{list}?sort=name&order=desc&q=able"))[0].ShouldBe(only[0]);
    }

    [Fact]
    public async Task The_end_of_a_long_list_is_told_and_of_a_search_that_finds_many_when_it_is_near()
    {
        var (client, organization, _) = await server.StrangerAsync();
        await using (var scope = server.Services.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
            var now = DateTimeOffset.UnixEpoch;
            db.Projects.AddRange(Enumerable.Range(0, 1101).Select(n => new Project
            {
                Id = new(Guid.NewGuid()), OrganizationId = organization, Name = $"long-list-{n:D4}", Description = "", CreatedAt = now, UpdatedAt = now.AddSeconds(n),
            }));
            await db.SaveChangesAsync();
        }
        foreach (var search in (string[])["", "&q=LONG-list"])
        {
            var last = search.Length == 0 ? ", last 12" : "";
            (await RelationsAsync(1)).ShouldBe("next 2, first 1" + last);
            (await RelationsAsync(10)).ShouldBe("next 11, prev 9, first 1" + last);
            (await RelationsAsync(11)).ShouldBe("next 12, prev 10, first 1" + last);
            (await RelationsAsync(12)).ShouldBe("prev 11, first 1, last 12");
            (await RelationsAsync(14)).ShouldBe("prev 12, first 1, last 12");

            async Task<string> RelationsAsync(int page)
            {
                using var response = await client.GetAsync($"organizations/{organization}/projects?limit=100{search}&page={page}");
                JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsArray().Count.ShouldBe(page switch { < 12 => 100, 12 => 1, _ => 0 });
                return string.Join(", ", response.Headers.GetValues("Link").Single().Split(", ").Select(link => $"{link.Split('"')[1]} {link.Split("page=")[1].Split('>')[0]}"));
            }
        }
    }

    [Theory]
    [InlineData("page=0")]
    [InlineData("page=-1")]
    [InlineData("page=x")]
    [InlineData("page=1.5")]
    [InlineData("page=2147483648")]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("sort=updatedAt")]
    [InlineData("order=up")]
    [InlineData("limit=1&limit=2")]
    public async Task Bad_query_is_refused_by_name(string query)
    {
        var (code, message) = await ApiHost.RefusedAsync(400, server.Http.GetAsync($"organizations/{server.First.OrganizationId}/projects?{query}"));

        code.ShouldBe("badRequest");
        message.ShouldStartWith(query[..query.IndexOf('=', StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task Page_far_behind_the_end_is_empty()
    {
        var list = await ApiHost.OkAsync(server.Http.GetAsync($"organizations/{server.First.OrganizationId}/projects?page=2147483647&limit=100"));

        list.AsArray().ShouldBeEmpty();
    }

    async Task<string?> LinkAsync(string path)
    {
        using var response = await server.Http.GetAsync(path);
        return response.Headers.TryGetValues("Link", out var values) ? values.Single() : null;
    }

    async Task<List<string>> IdsAsync(params string[] paths)
    {
        var ids = new List<string>();
        foreach (var path in paths)
            ids.AddRange((await ApiHost.OkAsync(server.Http.GetAsync(path))).AsArray().Select(item => (string)item!["id"]!));
        return ids;
    }
}
