using System.Text;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>KV databases as rows: created, named by deployments, and where they are to be copied.</summary>
public sealed class DatabaseEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Database_is_created_updated_and_listed()
    {
        var created = await CreateAsync("""{"description":"one"}""");
        created.AsObject().Select(member => member.Key).ShouldBe(["id", "organizationId", "description", "updatedAt", "createdAt"]);
        ((string)created["description"]!).ShouldBe("one");
        ((string)(await CreateAsync("""{"description":null}"""))["description"]!).ShouldBe("");

        var updated = await ApiHost.OkAsync(server.Http.PatchAsync($"databases/{created["id"]}", ApiHost.Raw("""{"description":"two"}""")));
        ((string)updated["description"]!).ShouldBe("two");
        var unchanged = await ApiHost.OkAsync(server.Http.PatchAsync($"databases/{created["id"]}", ApiHost.Raw("""{"description":null}""")));
        unchanged.ToJsonString().ShouldBe(updated.ToJsonString());

        var list = await ApiHost.OkAsync(server.Http.GetAsync($"{Organization}/databases?order=desc&sort=created_at"));
        list.AsArray().Count.ShouldBeGreaterThanOrEqualTo(2);
        var found = await ApiHost.OkAsync(server.Http.GetAsync($"{Organization}/databases?q={created["id"]}"));
        found.AsArray().Select(database => (string)database!["id"]!).ShouldBe([(string)created["id"]!]);
        (await ApiHost.OkAsync(server.Http.GetAsync($"{Organization}/databases?q=nonsense"))).AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Deployment_names_a_database_of_its_organization_only()
    {
        var (stranger, organization, _) = await server.StrangerAsync();
        var mine = (string)(await CreateAsync("{}"))["id"]!;
        var theirs = (string)(await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/databases", ApiHost.Raw("{}"))))["id"]!;
        var project = await server.NewProjectAsync();

        foreach (var foreign in (string[])[theirs, "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"])
        {
            var refused = await ApiHost.RefusedAsync(400, server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Json(With(foreign))));
            refused.Code.ShouldBe("transactionDomainNotFound");
            refused.Message.ShouldContain("databases[\"default\"]");
        }
        var deployment = await server.DeployAsync(project, With(mine));
        deployment["databases"]!.ToJsonString().ShouldBe($$"""{"default":"{{mine}}"}""");
        await server.BuiltAsync(deployment);

        var detached = await RedeployAsync("""{"databases":{"default":null}}""");
        detached["databases"]!.ToJsonString().ShouldBe("{}");
        (await RedeployAsync("{}"))["databases"]!.ToJsonString().ShouldBe($$"""{"default":"{{mine}}"}""");
        (await ApiHost.RefusedAsync(400, server.Http.PostAsync($"deployments/{deployment["id"]}/redeploy", ApiHost.Raw($$$"""{"databases":{"default":"{{{theirs}}}"}}"""))))
            .Code.ShouldBe("transactionDomainNotFound");

        Task<JsonNode> RedeployAsync(string body) => ApiHost.OkAsync(server.Http.PostAsync($"deployments/{deployment["id"]}/redeploy", ApiHost.Raw(body)));
    }

    [Fact]
    public async Task Cron_needs_a_database()
    {
        var project = await server.NewProjectAsync();
        var program = With((string)(await CreateAsync("{}"))["id"]!);
        program["enableCron"] = true;

        await server.DeployAsync(project, program);
        program.Remove("databases");
        (await ApiHost.RefusedAsync(400, server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Json(program)))).Message.ShouldStartWith("enableCron ");
    }

    [Fact]
    public async Task Backup_is_one_and_never_shows_its_secret()
    {
        var database = await CreateAsync("{}");
        (await ApiHost.OkAsync(server.Http.GetAsync($"databases/{database["id"]}/database_backups"))).AsArray().ShouldBeEmpty();

        var enabled = await ApiHost.OkAsync(EnableAsync(database, Target()));
        enabled.AsObject().Select(member => member.Key).ShouldBe(["id"]);
        var seen = await ApiHost.OkAsync(server.Http.GetAsync($"database_backups/{enabled["id"]}"));
        seen.ToJsonString().ShouldBe(
            $$"""{"id":"{{enabled["id"]}}","status":{"code":"pending"},"kind":"s3","endpoint":"https://s3.eu-west-1.example","bucketName":"copies","bucketRegion":"eu-west-1","accessKeyId":"key-1","prefix":"kv/"}""");
        (await ApiHost.OkAsync(server.Http.GetAsync($"databases/{database["id"]}/database_backups")))[0]!.ToJsonString().ShouldBe(seen.ToJsonString());
        (await ApiHost.RefusedAsync(409, EnableAsync(database, Target()))).Code.ShouldBe("conflict");
        await using (var scope = server.Services.CreateAsyncScope())
        {
            var id = Guid.Parse((string)enabled["id"]!);
            var row = await scope.ServiceProvider.GetRequiredService<IsletDb>().DatabaseBackups.AsNoTracking().SingleAsync(row => row.Id == id);
            Encoding.Latin1.GetString(row.SealedSecret).ShouldNotContain("the-secret");
        }

        (await ApiHost.OkAsync(server.Http.DeleteAsync($"database_backups/{enabled["id"]}"))).ToJsonString().ShouldBe("{}");
        (await ApiHost.RefusedAsync(404, server.Http.GetAsync($"database_backups/{enabled["id"]}"))).Code.ShouldBe("databaseBackupNotFound");
        (await ApiHost.RefusedAsync(404, server.Http.DeleteAsync($"database_backups/{enabled["id"]}"))).Code.ShouldBe("databaseBackupNotFound");
        await ApiHost.OkAsync(EnableAsync(database, Target()));
    }

    [Theory]
    [InlineData("kind", "gcs")]
    [InlineData("kind", null)]
    [InlineData("endpoint", "https://s3.us-east-1.example")]
    [InlineData("endpoint", "http://169.254.169.254")]
    [InlineData("endpoint", "https://s3.eu-west-1.example@127.0.0.1")]
    [InlineData("bucketName", "a/../b")]
    [InlineData("bucketName", "")]
    [InlineData("bucketRegion", "eu-west-1/..")]
    [InlineData("accessKeyId", "")]
    [InlineData("secretAccessKey", "with space")]
    [InlineData("secretAccessKey", null)]
    [InlineData("prefix", "line\nbreak")]
    public async Task Backup_goes_nowhere_else(string member, string? value)
    {
        var database = await CreateAsync("{}");
        var target = Target();
        if (value is null)
            target.Remove(member);
        else
            target[member] = value;

        (await ApiHost.RefusedAsync(400, EnableAsync(database, target))).Message.ShouldStartWith($"{member} ");
        (await ApiHost.OkAsync(server.Http.GetAsync($"databases/{database["id"]}/database_backups"))).AsArray().ShouldBeEmpty();
    }

    string Organization => $"organizations/{server.First.OrganizationId}";

    static JsonObject With(string database)
    {
        var program = ApiHost.Program();
        program["databases"] = new JsonObject { ["default"] = database };
        return program;
    }

    static JsonObject Target() => new()
    {
        ["kind"] = "s3", ["endpoint"] = "https://s3.eu-west-1.example", ["bucketName"] = "copies", ["bucketRegion"] = "eu-west-1",
        ["accessKeyId"] = "key-1", ["secretAccessKey"] = "the-secret", ["prefix"] = "kv/",
    };

    Task<JsonNode> CreateAsync(string body) => ApiHost.OkAsync(server.Http.PostAsync($"{Organization}/databases", ApiHost.Raw(body)));

    Task<HttpResponseMessage> EnableAsync(JsonNode database, JsonObject target) =>
        server.Http.PostAsync($"databases/{database["id"]}/database_backups", ApiHost.Json(target));
}
