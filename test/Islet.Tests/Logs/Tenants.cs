using Islet.Contracts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Users;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Logs;

/// <summary>Two organizations with a pending deployment each; the caller belongs to the first.</summary>
sealed class Tenants(IServiceScopeFactory scopes)
{
    readonly OrganizationId mine = new(Guid.NewGuid());

    public Caller Caller => new(Guid.NewGuid(), new UserId(Guid.NewGuid()), [mine], null);

    public async Task CreateAsync()
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        await db.Database.MigrateAsync();
        db.Manifests.Add(Manifest);
        Add(db, mine, "mine", LogRoom.Mine);
        Add(db, new OrganizationId(Guid.NewGuid()), "other", LogRoom.Other);
        await db.SaveChangesAsync();
    }

    public async Task ChangeAsync(Func<IQueryable<Deployment>, Task> change)
    {
        await using var scope = scopes.CreateAsyncScope();
        await change(scope.ServiceProvider.GetRequiredService<IsletDb>().Deployments.Where(row => row.Id == LogRoom.Mine));
    }

    static StoredManifest Manifest => new() { Sha256 = new string('0', 64), Content = [] };

    static void Add(IsletDb db, OrganizationId organization, string name, DeploymentId deployment)
    {
        var now = DateTimeOffset.UtcNow;
        var project = new ProjectId(Guid.NewGuid());
        db.Organizations.Add(new Organization { Id = organization, Name = name, CreatedAt = now, UpdatedAt = now });
        db.Projects.Add(new Project { Id = project, OrganizationId = organization, Name = name, Description = "", CreatedAt = now, UpdatedAt = now });
        db.Deployments.Add(new Deployment
        {
            Id = deployment,
            OrganizationId = organization,
            ProjectId = project,
            Status = DeploymentStatus.Pending,
            CreatedAt = now,
            UpdatedAt = now,
            Description = "",
            HostTemplates = [],
            Databases = new Dictionary<string, string>(),
            EnableCron = false,
            EntryPoint = "file:///src/main.ts",
            ManifestSha256 = Manifest.Sha256,
            Environment = new Dictionary<string, string>(),
        });
    }
}
