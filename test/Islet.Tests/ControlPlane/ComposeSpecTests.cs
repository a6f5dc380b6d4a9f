using Islet.Contracts;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Secrets;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

public sealed class ComposeSpecTests : IDisposable
{
    static readonly Artifact Built = new(ArtifactKind.Graph, "/nowhere", "file:///src/main.ts", [], new Dictionary<string, string>());

    readonly ControlPlaneDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Without_secrets_and_limits_nothing_changes()
    {
        await using var control = await directory.StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        var environment = new Dictionary<string, string> { ["A"] = "1" };

        var spec = await ComposeAsync(tenant, environment);

        spec.Environment.ShouldBeSameAs(environment);
        spec.Secrets.ShouldBeEmpty();
        spec.Limits.ShouldBe(ProjectLimits.Default);
        Directory.Exists(directory.File("keys")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_secret_is_a_placeholder_in_the_environment_and_a_new_one_each_time()
    {
        string[] placeholders;
        await using (var control = await directory.StartAsync())
        {
            var tenant = await Tenant.FirstAsync(control);
            await PutAsync(tenant, "API_KEY", "the value");
            var first = await ComposeAsync(tenant, new Dictionary<string, string> { ["A"] = "1", ["API_KEY"] = "a variable" });
            var second = await ComposeAsync(tenant, new Dictionary<string, string>());

            var secret = first.Secrets.ShouldHaveSingleItem();
            (secret.Name, secret.Value, secret.Tls).ShouldBe(("API_KEY", "the value", true));
            secret.Hosts.ShouldBe(["api.example.com"]);
            secret.Placeholder.ShouldMatch("^islet-secret-[A-Za-z0-9]{32}$");
            first.Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "1", ["API_KEY"] = secret.Placeholder }, ignoreOrder: true);
            placeholders = [secret.Placeholder, second.Secrets[0].Placeholder];
            placeholders.ShouldBeUnique();
            (await ComposeAsync(await Tenant.AnotherAsync(control), new Dictionary<string, string>())).Secrets.ShouldBeEmpty();
        }

        // the key is found again after a start; without it nothing opens, and setting it again helps
        await using (var control = await directory.StartAsync())
        {
            var tenant = await OwnerAsync(control);
            (await ComposeAsync(tenant, new Dictionary<string, string>())).Secrets.ShouldHaveSingleItem().Value.ShouldBe("the value");
        }
        File.Delete(directory.File("keys/secrets.key"));
        await using (var control = await directory.StartAsync())
        {
            var tenant = await OwnerAsync(control);
            (await Should.ThrowAsync<InvalidOperationException>(() => ComposeAsync(tenant, new Dictionary<string, string>()))).Message.ShouldContain("secrets.key is missing");
            await PutAsync(tenant, "API_KEY", "again");
            (await ComposeAsync(tenant, new Dictionary<string, string>())).Secrets.ShouldHaveSingleItem().Value.ShouldBe("again");
        }
    }

    [Fact]
    public async Task Limits_are_those_that_count_now()
    {
        await using var control = await directory.StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        await using var scope = control.CreateAsyncScope();
        var limits = scope.ServiceProvider.GetRequiredService<LimitSettings>();
        var operating = tenant.Caller with { IsOperator = true };
        (await limits.ChangeAsync(operating, tenant.Caller.Organizations[0], Set(("memoryBytes", 64 << 20), ("egressConnections", 9)), default)).Refusal.ShouldBeNull();
        (await limits.ChangeAsync(tenant.Caller, tenant.Project.ToString(), Set(("egressConnections", 4)), default)).Refusal.ShouldBeNull();

        (await ComposeAsync(tenant, new Dictionary<string, string>())).Limits.ShouldBe(ProjectLimits.Default with { Memory = 64 << 20, EgressConnections = 4 });

        static Dictionary<string, long?> Set(params (string Name, long? Value)[] values) => values.ToDictionary(pair => pair.Name, pair => pair.Value);
    }

    static async Task<Tenant> OwnerAsync(ServiceProvider control)
    {
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Storage.IsletDb>();
        var project = db.Projects.Single(project => db.Secrets.Any(secret => secret.ProjectId == project.Id));
        return new(control, Tenant.OwnerOf(project.OrganizationId, default), project.Id);
    }

    static async Task PutAsync(Tenant tenant, string name, string value)
    {
        await using var scope = tenant.Control.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<ProjectSecrets>()
            .PutAsync(tenant.Caller, tenant.Project.ToString(), name, value, ["api.example.com"], tls: true, default)).Refusal.ShouldBeNull();
    }

    static async Task<IsolateSpec> ComposeAsync(Tenant tenant, IReadOnlyDictionary<string, string> environment)
    {
        await using var scope = tenant.Control.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ComposeSpec>()
            .RunAsync(new("aaaaaaaaaaaa"), tenant.Project, tenant.Caller.Organizations[0], Built, environment, net: null, databases: new Dictionary<string, string>(), default);
    }
}
