using System.Text.Json.Nodes;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class AssetStorageTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_deployment_that_does_not_fit_is_refused_and_writes_nothing()
    {
        using var operating = server.Islet();
        var project = await server.NewProjectAsync();
        await LimitAsync(operating, 0);
        var others = await UsedAsync();
        await LimitAsync(operating, others + 1000);
        await server.DeployAsync(project, ApiHost.Program(new string('a', 600)));
        var before = await server.CountAsync();

        var (code, message) = await ApiHost.RefusedAsync(400, Deploy(project, new string('b', 401)));

        code.ShouldBe("assetStorageExceeded");
        message.ShouldContain("401 bytes");
        message.ShouldContain($"{others + 600} of {others + 1000}");
        (await server.CountAsync()).ShouldBe(before);

        // 1 what fills it to the byte fits, and what it has already costs nothing
        await server.DeployAsync(project, ApiHost.Program(new string('c', 400)));
        await server.DeployAsync(project, ApiHost.Program(new string('a', 600)));
        await ApiHost.RefusedAsync(400, Deploy(project, "d"));

        // 2 also below a limit that was lowered later
        await LimitAsync(operating, others + 10);
        await server.DeployAsync(project, ApiHost.Program(new string('a', 600)));
        await ApiHost.RefusedAsync(400, Deploy(project, "d"));

        // 3 zero is no limit
        await LimitAsync(operating, 0);
        await server.DeployAsync(project, ApiHost.Program("d"));
    }

    [Fact]
    public async Task Uploads_at_once_do_not_pass_the_limit_together()
    {
        using var operating = server.Islet();
        var project = await server.NewProjectAsync();
        await LimitAsync(operating, 0);
        var limit = await UsedAsync() + 1000;
        await LimitAsync(operating, limit);

        var sent = await Task.WhenAll(Enumerable.Range(0, 8).Select(async index =>
        {
            using var response = await Deploy(project, new string((char)('p' + index), 300));
            return (int)response.StatusCode;
        }));

        sent.Count(status => status == 200).ShouldBe(3);
        sent.Count(status => status == 400).ShouldBe(5);
        (await UsedAsync()).ShouldBeLessThanOrEqualTo(limit);
    }

    async Task<long> UsedAsync()
    {
        await using var scope = server.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IsletDb>().Assets.SumAsync(asset => asset.Size);
    }

    Task<HttpResponseMessage> Deploy(JsonNode project, string content) =>
        server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Json(ApiHost.Program(content)));

    Task<JsonNode> LimitAsync(HttpClient operating, long bytes) => ApiHost.OkAsync(operating.PatchAsync(
        $"organizations/{server.First.OrganizationId}/limits", ApiHost.Json(new JsonObject { ["assetBytes"] = bytes })));
}
