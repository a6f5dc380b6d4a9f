using Islet.Contracts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Logs;

/// <summary>Rows that logs need to belong to somebody.</summary>
sealed class Tenants(IServiceScopeFactory scopes)
{
    public async Task<OrganizationId> AddOrganizationAsync()
    {
        var (id, now) = (new OrganizationId(Guid.NewGuid()), DateTimeOffset.UtcNow);
        await WithDbAsync(db =>
        {
            db.Organizations.Add(new Organization { Id = id, Name = "other", CreatedAt = now, UpdatedAt = now });
            return db.SaveChangesAsync();
        });
        return id;
    }

    public async Task<DeploymentId> AddDeploymentAsync(OrganizationId owner)
    {
        var (id, now) = (DeploymentIds.New(), DateTimeOffset.UtcNow);
        var project = new Project
        {
            Id = new(Guid.NewGuid()), OrganizationId = owner, Name = $"p{id}", Description = "", CreatedAt = now, UpdatedAt = now,
        };
        var manifest = new StoredManifest { Sha256 = Guid.NewGuid().ToString("N"), Content = [] };
        await WithDbAsync(db =>
        {
            db.AddRange(project, manifest, new Deployment
            {
                Id = id,
                OrganizationId = owner,
                ProjectId = project.Id,
                Status = DeploymentStatus.Pending,
                CreatedAt = now,
                UpdatedAt = now,
                Description = "",
                HostTemplates = [],
                Databases = new Dictionary<string, string>(),
                EnableCron = false,
                EntryPoint = "file:///src/main.ts",
                ManifestSha256 = manifest.Sha256,
                Environment = new Dictionary<string, string>(),
            });
            return db.SaveChangesAsync();
        });
        return id;
    }

    public Task ChangeAsync(DeploymentId id, Func<IQueryable<Deployment>, Task> change) =>
        WithDbAsync(db => change(db.Deployments.Where(row => row.Id == id)));

    async Task WithDbAsync(Func<IsletDb, Task> use)
    {
        await using var scope = scopes.CreateAsyncScope();
        await use(scope.ServiceProvider.GetRequiredService<IsletDb>());
    }
}
