using System.Text;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Deployments;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class VariableEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    const string Value = "value-do-not-show-0123456789";

    [Fact]
    public async Task A_deployment_gets_those_of_its_project_and_its_own_win()
    {
        using var islet = server.Islet();
        var project = await server.NewProjectAsync();
        await PutAsync(islet, project, "SHARED", "project");
        await PutAsync(islet, project, "ONLY", "project");
        var program = ApiHost.Program();
        program["envVars"] = new JsonObject { ["SHARED"] = "own" };
        var deployment = await server.DeployAsync(project, program);
        (await PlannedAsync()).ShouldBe(new Dictionary<string, string> { ["SHARED"] = "own", ["ONLY"] = "project" }, ignoreOrder: true);
        await server.BuiltAsync(deployment, "test");

        // a redeployment looks again; what it removes of its own is the project's again
        await PutAsync(islet, project, "ONLY", "changed");
        await ApiHost.OkAsync(server.Http.PostAsync($"deployments/{deployment["id"]}/redeploy", ApiHost.Raw("""{"envVars":{"SHARED":null}}""")));
        (await PlannedAsync()).ShouldBe(new Dictionary<string, string> { ["SHARED"] = "project", ["ONLY"] = "changed" }, ignoreOrder: true);
        await ApiHost.OkAsync(islet.DeleteAsync($"projects/{project["id"]}/env/ONLY"));
        await IsletDialect.RefusedAsync(404, islet.DeleteAsync($"projects/{project["id"]}/env/ONLY"));
        await ApiHost.OkAsync(server.Http.PostAsync($"deployments/{deployment["id"]}/redeploy", ApiHost.Raw("{}")));
        (await PlannedAsync()).ShouldBe(new Dictionary<string, string> { ["SHARED"] = "own" });

        async Task<IReadOnlyDictionary<string, string>> PlannedAsync()
        {
            await using var scope = server.Services.CreateAsyncScope();
            var claim = scope.ServiceProvider.GetRequiredService<ClaimDeployment>();
            while (await claim.NextAsync("test", 1000, default) is { } plan) // others of the class wait there too
                if (plan.Project.ToString() == (string)project["id"]!)
                    return plan.Environment;
            throw new InvalidOperationException("Nothing of this project waits.");
        }
    }

    [Fact]
    public async Task Values_are_sealed_at_rest_and_shown_to_who_may_deploy()
    {
        using var islet = server.Islet();
        using var viewer = await server.JoinAsync("viewer");
        using var member = await server.JoinAsync("member");
        var project = await server.NewProjectAsync();
        await PutAsync(islet, project, "KEY", Value);
        await server.DeployAsync(project);

        ((string?)(await ApiHost.OkAsync(member.GetAsync($"projects/{project["name"]}/env")))[0]!["value"]).ShouldBe(Value);
        var seen = (await ApiHost.OkAsync(viewer.GetAsync($"projects/{project["id"]}/env")))[0]!.AsObject();
        seen.Select(item => item.Key).ShouldBe(["name", "value", "updatedAt"]);
        seen["value"].ShouldBeNull();
        foreach (var file in Directory.EnumerateFiles(server.DataDirectory, "islet.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            (await reader.ReadToEndAsync()).ShouldNotContain(Value, customMessage: file);
        }
    }

    [Theory]
    [InlineData("DENO_REGION", "x", "envVars[\"DENO_REGION\"]")]
    [InlineData("LD_PRELOAD", "x", "envVars[\"LD_PRELOAD\"]")]
    [InlineData("A=B", "x", "envVars[\"A=B\"]")]
    [InlineData("A", "a\0b", "envVars[\"A\"]")]
    public async Task Names_and_values_are_checked_as_a_deployments_own(string name, string value, string field)
    {
        using var islet = server.Islet();
        var project = await server.NewProjectAsync();
        var put = islet.PutAsync($"projects/{project["id"]}/env/{Uri.EscapeDataString(name)}", ApiHost.Json(new JsonObject { ["value"] = value }));

        (await IsletDialect.RefusedAsync(400, put)).Field.ShouldBe(field);

        (await ApiHost.OkAsync(islet.GetAsync($"projects/{project["id"]}/env"))).AsArray().ShouldBeEmpty();
    }

    static Task<JsonNode> PutAsync(HttpClient islet, JsonNode project, string name, string value) =>
        ApiHost.OkAsync(islet.PutAsync($"projects/{project["id"]}/env/{name}", ApiHost.Json(new JsonObject { ["value"] = value })));
}
