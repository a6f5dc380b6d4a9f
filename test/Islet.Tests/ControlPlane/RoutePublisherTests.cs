using Islet.Contracts;
using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Secrets;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

public sealed class RoutePublisherTests : IDisposable
{
    readonly ControlPlaneDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Routes_are_there_again_after_a_start_also_under_another_suffix()
    {
        string host;
        await using (var control = await directory.StartAsync())
        {
            var deployment = await DeployAsync(control);
            host = Publisher(control).Current.Hosts.Keys.Single();
            host.ShouldEndWith($"-{deployment}.localhost");
        }

        await using (var control = await directory.StartAsync())
            Publisher(control).Current.Hosts.Keys.ShouldBe([host]);
        await using (var control = await directory.StartAsync(options => options.Domain = "apps.example"))
            Publisher(control).Current.Hosts.Keys.ShouldBe([host.Replace(".localhost", ".apps.example", StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task Spec_has_the_artifact_and_the_tenants_settings()
    {
        await using var control = await directory.StartAsync();
        var deployment = await DeployAsync(control);
        var artifacts = control.GetRequiredService<ArtifactStore>();
        (await Publisher(control).FindSpecAsync(deployment, default)).ShouldBeNull();
        Directory.CreateDirectory(artifacts.DirectoryOf("built"));
        await File.WriteAllTextAsync(
            Path.Combine(artifacts.DirectoryOf("built"), ArtifactStore.DescriptionFile),
            """{"kind":0,"entryPoint":"file:///src/main.ts","runFlags":["--no-lock"]}""");

        await using (var scope = control.CreateAsyncScope())
            (await scope.ServiceProvider.GetRequiredService<ProjectSecrets>().PutAsync(
                await CallerAsync(control), Publisher(control).Current.Hosts.Values.Single().Project.ToString(), "KEY", "v", ["api.example.com"], tls: true, default))
                .Refusal.ShouldBeNull();

        var spec = await Publisher(control).FindSpecAsync(deployment, default);

        spec!.Artifact.Directory.ShouldBe(artifacts.DirectoryOf("built"));
        spec.Artifact.RunFlags.ShouldBe(["--no-lock"]);
        spec.Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "1", ["KEY"] = spec.Secrets.Single().Placeholder }, ignoreOrder: true);
        spec.Secrets.Single().ToString().ShouldBe("EgressSecret KEY");
        spec.Net.ShouldBe(["example.com"]);
    }

    [Fact]
    public async Task Activations_at_once_leave_one_owner_that_database_and_routes_agree_on()
    {
        await using var control = await directory.StartAsync();
        var caller = await CallerAsync(control);
        var project = await ProjectAsync(control, caller);
        var ids = new List<DeploymentId>();
        for (var count = 0; count < 8; count++)
            ids.Add(await CreateAsync(control, caller, project, domains: ["{project.name}.deno.dev"]));

        await Task.WhenAll(ids.Select(id => ActivateAsync(control, id)));

        var route = Publisher(control).Current.Hosts.Values.ShouldHaveSingleItem();
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        db.MappedHosts.Single().DeploymentId.ShouldBe(route.Deployment);
        db.Deployments.Count(row => row.Status == DeploymentStatus.Success).ShouldBe(8);
    }

    static RoutePublisher Publisher(ServiceProvider control) => control.GetRequiredService<RoutePublisher>();

    static async Task<DeploymentId> DeployAsync(ServiceProvider control)
    {
        var caller = await CallerAsync(control);
        var id = await CreateAsync(control, caller, await ProjectAsync(control, caller), domains: null);
        await ActivateAsync(control, id);
        return id;
    }

    static async Task<Caller> CallerAsync(ServiceProvider control)
    {
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var membership = db.Memberships.Single();
        return Tenant.OwnerOf(membership.OrganizationId, membership.UserId);
    }

    static async Task<ProjectId> ProjectAsync(ServiceProvider control, Caller caller)
    {
        await using var scope = control.CreateAsyncScope();
        var projects = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Projects.Projects>();
        return (await projects.CreateAsync(caller, caller.Organizations[0], null, null, default)).Value.Id;
    }

    static async Task<DeploymentId> CreateAsync(ServiceProvider control, Caller caller, ProjectId project, string[]? domains)
    {
        await using var scope = control.CreateAsyncScope();
        var created = await scope.ServiceProvider.GetRequiredService<CreateDeployment>().RunAsync(
            caller, project,
            new("main.ts", [new("main.ts", new BytesContent("hello"u8.ToArray()), null, null)], new Dictionary<string, string> { ["A"] = "1" })
            {
                Net = ["example.com"],
                Domains = domains,
            }, default);
        return created.Value.Id;
    }

    static async Task ActivateAsync(ServiceProvider control, DeploymentId id)
    {
        await using var scope = control.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<ActivateDeployment>().RunAsync(id, builder: null, new("built", Sha256: null), default)).ShouldBeTrue();
    }

    sealed class BytesContent(byte[] bytes) : AssetContent
    {
        public override long Length => bytes.Length;

        public override void CopyTo(Stream destination) => destination.Write(bytes);
    }
}
