using System.Text.Json.Nodes;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>Answers are given again while nothing changes, to whom they were given, and never else.</summary>
public sealed class UnchangedAnswersTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_change_by_anybody_is_seen_by_the_next_call()
    {
        var project = await server.NewProjectAsync();
        var path = $"projects/{project["id"]}";
        for (var n = 0; n < 5; n++)
        {
            await TwiceAsync(path);
            await using (var scope = server.Services.CreateAsyncScope()) // past the API
                await scope.ServiceProvider.GetRequiredService<IsletDb>().Projects.Where(row => row.Name == (string)project["name"]!)
                    .ExecuteUpdateAsync(set => set.SetProperty(row => row.Description, $"{n}"));
            ((string)(await TwiceAsync(path))["description"]!).ShouldBe($"{n}");
        }
    }

    [Fact]
    public async Task A_deployment_that_ends_its_build_is_seen()
    {
        var project = await server.NewProjectAsync();
        var deployment = await server.DeployAsync(project);
        ((string)(await TwiceAsync($"deployments/{deployment["id"]}"))["status"]!).ShouldBe("pending");
        ((string)(await TwiceAsync($"projects/{project["id"]}/deployments"))[0]!["status"]!).ShouldBe("pending");

        await server.BuiltAsync(deployment);

        ((string)(await TwiceAsync($"deployments/{deployment["id"]}"))["status"]!).ShouldBe("success");
        ((string)(await TwiceAsync($"projects/{project["id"]}/deployments"))[0]!["status"]!).ShouldBe("success");
    }

    [Fact]
    public async Task Others_are_told_nothing_of_what_was_told_before()
    {
        var project = await server.NewProjectAsync();
        var (stranger, _, _) = await server.StrangerAsync();
        using var nobody = server.Client(token: null);
        string[] paths = [$"projects/{project["id"]}", $"projects/{project["id"]}/deployments", $"organizations/{server.First.OrganizationId}/projects", $"organizations/{server.First.OrganizationId}"];

        foreach (var path in paths)
        {
            await TwiceAsync(path);
            await ApiHost.RefusedAsync(404, stranger.GetAsync(path));
            await ApiHost.RefusedAsync(401, nobody.GetAsync(path));
        }
    }

    [Fact]
    public async Task A_revoked_token_is_told_nothing_any_more()
    {
        using var platform = server.Client(server.First.Token, "/islet/v1");
        var made = await ApiHost.OkAsync(platform.PostAsync("tokens", ApiHost.Raw("""{"name":"short"}""")));
        using var client = server.Client((string)made["token"]!);
        var path = $"organizations/{server.First.OrganizationId}";
        await ApiHost.OkAsync(client.GetAsync(path));
        await ApiHost.OkAsync(client.GetAsync(path));

        await ApiHost.OkNullAsync(platform.DeleteAsync($"tokens/{made["id"]}"));

        await ApiHost.RefusedAsync(401, client.GetAsync(path));
    }

    /// <summary>The second answer is a kept one, if any is.</summary>
    async Task<JsonNode> TwiceAsync(string path)
    {
        var first = await ApiHost.OkAsync(server.Http.GetAsync(path));
        var second = await ApiHost.OkAsync(server.Http.GetAsync(path));
        second.ToJsonString().ShouldBe(first.ToJsonString());
        return second;
    }
}
