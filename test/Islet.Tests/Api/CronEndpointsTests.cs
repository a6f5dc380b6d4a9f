using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Islet.Contracts;
using Islet.ControlPlane.Deployments;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>Crons on the wire. Nothing runs here: a run fails at once, and its row says so.</summary>
public sealed class CronEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Crons_of_production_and_their_runs_are_listed()
    {
        using var islet = server.Islet();
        var (project, deployment) = await WithCronsAsync(new("a b", "0 9 * * 2", [1000, 5]), new("c", "0 0 31 2 *", []));

        var list = await ApiHost.OkAsync(islet.GetAsync($"projects/{project["id"]}/crons"));
        list[0]!.AsObject().Select(member => member.Key).ShouldBe(["name", "schedule", "backoffSchedule", "deploymentId", "nextRunAt", "lastRun"]);
        list.AsArray().Select(cron => $"{cron!["name"]} {cron["schedule"]} {cron["backoffSchedule"]!.ToJsonString()} {cron["deploymentId"]} {cron["lastRun"]}")
            .ShouldBe([$"a b 0 9 * * 2 [1000,5] {deployment} ", $"c 0 0 31 2 * [] {deployment} "]);
        ((string)list[0]!["nextRunAt"]!).ShouldEndWith("T09:00:00.000000Z");
        list[1]!["nextRunAt"].ShouldBeNull("there is no such day");

        var run = await BegunAsync(islet.PostAsync($"projects/{project["name"]}/crons/c/run", null));
        run.AsObject().Select(member => member.Key).ShouldBe(["id", "deploymentId", "trigger", "status", "dueAt", "startedAt", "endedAt", "attempts", "error"]);
        await ControlPlane.Eventually.HoldsAsync(async () => (string?)(await RunsAsync("c"))[0]!["status"] == "failed");
        var ended = (await RunsAsync("c"))[0]!;
        ((string)ended["id"]!, (string)ended["trigger"]!, (int)ended["attempts"]!, (string)ended["error"]!).ShouldBe(((string)run["id"]!, "manual", 1, "Crons cannot run here"));
        (await RunsAsync("a b")).AsArray().ShouldBeEmpty();
        (await ApiHost.OkAsync(islet.GetAsync($"projects/{project["id"]}/crons")))[1]!["lastRun"]!.ToJsonString().ShouldBe(ended.ToJsonString());
        (await IsletDialect.RefusedAsync(400, islet.GetAsync($"projects/{project["id"]}/crons/c/runs?limit=101"))).Field.ShouldBe("limit");

        Task<JsonNode> RunsAsync(string name) => ApiHost.OkAsync(islet.GetAsync($"projects/{project["id"]}/crons/{Uri.EscapeDataString(name)}/runs"));
    }

    [Fact]
    public async Task A_name_that_is_none_is_404_and_a_viewer_reads_only()
    {
        using var islet = server.Islet();
        using var viewer = await server.JoinAsync("viewer");
        var (stranger, _, _) = await server.StrangerAsync();
        using var strangers = stranger;
        var (project, _) = await WithCronsAsync(new CronRegistration("a", "* * * * *", []));
        var path = $"{islet.BaseAddress}projects/{project["id"]}/crons";

        (await IsletDialect.RefusedAsync(404, islet.GetAsync($"{path}/b/runs"))).Code.ShouldBe("cronNotFound");
        (await IsletDialect.RefusedAsync(404, islet.PostAsync($"{path}/b/run", null))).Code.ShouldBe("cronNotFound");
        (await IsletDialect.RefusedAsync(404, stranger.GetAsync(path))).Code.ShouldBe("projectNotFound");
        (await IsletDialect.RefusedAsync(404, stranger.PostAsync($"{path}/a/run", null))).Code.ShouldBe("projectNotFound");
        (await ApiHost.OkAsync(viewer.GetAsync(path))).AsArray().Count.ShouldBe(1);
        (await IsletDialect.RefusedAsync(403, viewer.PostAsync($"{path}/a/run", null))).Code.ShouldBe("forbidden");
        (await ApiHost.OkAsync(viewer.GetAsync($"{path}/a/runs"))).AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_projects_that_share_a_database_the_first_may_enable_crons()
    {
        var database = (string)(await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/databases", ApiHost.Raw("{}"))))["id"]!;
        var (first, second) = (await server.NewProjectAsync(), await server.NewProjectAsync());
        var deployment = await server.DeployAsync(first, Enabled());

        (await ApiHost.RefusedAsync(400, TryAsync(second))).Message.ShouldStartWith("enableCron: ");
        await server.DeployAsync(second, Enabled(cron: false));
        var again = await server.DeployAsync(first, Enabled());

        // a build that failed and a deployment that was deleted enable nothing
        await using (var scope = server.Services.CreateAsyncScope())
            (await scope.ServiceProvider.GetRequiredService<FailDeployment>().RunAsync(new((string)deployment["id"]!), null, "why", default)).ShouldBeTrue();
        await ApiHost.RefusedAsync(400, TryAsync(second));
        await server.BuiltAsync(again);
        (await server.Http.DeleteAsync($"deployments/{again["id"]}")).EnsureSuccessStatusCode();
        var mine = await server.DeployAsync(second, Enabled());
        await ApiHost.RefusedAsync(400, TryAsync(first));

        // a redeployment keeps them, and is asked the same question
        await server.BuiltAsync(mine);
        await ApiHost.OkAsync(server.Http.PostAsync($"deployments/{mine["id"]}/redeploy", ApiHost.Raw("{}")));
        var other = await OwnAsync(first);
        (await ApiHost.RefusedAsync(400, server.Http.PostAsync($"deployments/{other["id"]}/redeploy", ApiHost.Json(new JsonObject { ["databases"] = new JsonObject { ["default"] = database } }))))
            .Message.ShouldStartWith("enableCron: ");

        JsonObject Enabled(bool cron = true)
        {
            var program = ApiHost.Program();
            program["databases"] = new JsonObject { ["default"] = database };
            program["enableCron"] = cron;
            return program;
        }

        Task<HttpResponseMessage> TryAsync(JsonNode project) => server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Json(Enabled()));
    }

    [Fact]
    public async Task Of_two_projects_that_enable_them_at_once_one_is_the_first()
    {
        var database = (string)(await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/databases", ApiHost.Raw("{}"))))["id"]!;
        var projects = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => server.NewProjectAsync()));
        var program = ApiHost.Program();
        program["databases"] = new JsonObject { ["default"] = database };
        program["enableCron"] = true;
        var body = program.ToJsonString();

        var answers = await Task.WhenAll(projects.Select(project => server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Raw(body))));

        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(1);
        answers.Count(answer => (int)answer.StatusCode == 400).ShouldBe(5);
    }

    /// <summary>A built deployment with crons on a database of its own.</summary>
    async Task<JsonNode> OwnAsync(JsonNode project)
    {
        var program = ApiHost.Program();
        var database = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/databases", ApiHost.Raw("{}")));
        program["databases"] = new JsonObject { ["default"] = (string)database["id"]! };
        program["enableCron"] = true;
        var deployment = await server.DeployAsync(project, program);
        await server.BuiltAsync(deployment);
        return deployment;
    }

    async Task<(JsonNode Project, string Deployment)> WithCronsAsync(params CronRegistration[] crons)
    {
        var project = await server.NewProjectAsync();
        var deployment = (string)(await server.DeployAsync(project))["id"]!;
        await using var scope = server.Services.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<ActivateDeployment>().RunAsync(new(deployment), null, new("artifact-1", Sha256: null), crons, default)).ShouldBeTrue();
        return (project, deployment);
    }

    static async Task<JsonNode> BegunAsync(Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        ((int)response.StatusCode).ShouldBe(202);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
