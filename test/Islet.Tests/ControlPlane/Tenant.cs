using System.Text;
using Islet.Contracts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Users;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

/// <summary>Somebody with an organization and a project in it, who asks as the API does: each time in a scope of its own.</summary>
sealed record Tenant(ServiceProvider Control, Caller Caller, ProjectId Project)
{
    /// <summary>The one of the first start.</summary>
    public static async Task<Tenant> FirstAsync(ServiceProvider control)
    {
        await using var scope = control.CreateAsyncScope();
        var membership = await scope.ServiceProvider.GetRequiredService<IsletDb>().Memberships.OrderBy(row => row.CreatedAt).FirstAsync();
        return await WithProjectAsync(control, OwnerOf(membership.OrganizationId, membership.UserId));
    }

    public static async Task<Tenant> AnotherAsync(ServiceProvider control)
    {
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var now = DateTimeOffset.UtcNow;
        var organization = new Organization { Id = new(Guid.NewGuid()), Name = "another", CreatedAt = now, UpdatedAt = now };
        var user = await db.Users.FirstAsync();
        db.AddRange(organization, new Membership { OrganizationId = organization.Id, UserId = user.Id, CreatedAt = now });
        await db.SaveChangesAsync();
        return await WithProjectAsync(control, OwnerOf(organization.Id, user.Id));
    }

    public Task<Outcome<DeploymentView>> TryCreateAsync(params NewAsset[] assets) => WithAsync<CreateDeployment, Outcome<DeploymentView>>(
        create => create.RunAsync(Caller, Project, new("main.ts", assets, new Dictionary<string, string>()), default));

    /// <summary>A deployment that waits for its build, with one file of this text.</summary>
    public async Task<DeploymentId> CreateAsync(string text) => (await TryCreateAsync(Sent(text))).Value.Id;

    /// <summary>The same, with the end of its build and an artifact of its own, which is empty.</summary>
    public async Task<DeploymentId> DeployAsync(string text)
    {
        var id = await CreateAsync(text);
        Directory.CreateDirectory(Control.GetRequiredService<Islet.ControlPlane.Artifacts.ArtifactStore>().DirectoryOf(id.Value));
        Control.GetRequiredService<BuildLogs>().Append(id, "info", "built");
        await ActivateAsync(id, id.Value);
        return id;
    }

    public async Task<DeploymentId> RedeployAsync(DeploymentId source) =>
        (await WithAsync<RedeployDeployment, Outcome<DeploymentView>>(redeploy => redeploy.RunAsync(Caller, source, new(), default))).Value.Id;

    public async Task ActivateAsync(DeploymentId id, string artifact) =>
        (await WithAsync<ActivateDeployment, bool>(activate => activate.RunAsync(id, builder: null, new(artifact, Sha256: null), default))).ShouldBeTrue();

    public async Task FailAsync(DeploymentId id, string? builder = null) =>
        (await WithAsync<FailDeployment, bool>(fail => fail.RunAsync(id, builder, "why", default))).ShouldBeTrue();

    public async Task DeleteAsync(DeploymentId id) =>
        (await WithAsync<DeleteDeployment, Refusal?>(delete => delete.RunAsync(Caller, id, default))).ShouldBeNull();

    public async Task DeleteProjectAsync() =>
        (await WithAsync<DeleteProject, Refusal?>(delete => delete.RunAsync(Caller, Project, default))).ShouldBeNull();

    public Task<Deployment?> FindAsync(DeploymentId id) =>
        WithAsync<IsletDb, Deployment?>(db => db.Deployments.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id));

    public static NewAsset Sent(string text) => new("main.ts", new TextContent(text), null, null);

    /// <summary>The same file by its git hash.</summary>
    public static NewAsset Named(string text) => new("main.ts", null, BlobName.Of(new TextContent(text)).GitSha1, null);

    public static Caller OwnerOf(OrganizationId organization, UserId user) =>
        new(Guid.Empty, user, [organization], OnlyProject: null) { Roles = new Dictionary<OrganizationId, Role> { [organization] = Role.Owner } };

    static async Task<Tenant> WithProjectAsync(ServiceProvider control, Caller caller)
    {
        await using var scope = control.CreateAsyncScope();
        var projects = scope.ServiceProvider.GetRequiredService<Projects>();
        return new(control, caller, (await projects.CreateAsync(caller, caller.Organizations[0], null, null, default)).Value.Id);
    }

    async Task<TResult> WithAsync<TOperation, TResult>(Func<TOperation, Task<TResult>> use)
        where TOperation : notnull
    {
        await using var scope = Control.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<TOperation>());
    }

    sealed class TextContent(string text) : AssetContent
    {
        readonly byte[] bytes = Encoding.UTF8.GetBytes(text);

        public override long Length => bytes.Length;

        public override void CopyTo(Stream destination) => destination.Write(bytes);
    }
}
