using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Users;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Storage;

/// <summary>All rows of the control plane. One concrete context for each database engine, each with its own migrations.</summary>
public abstract class IsletDb(DbContextOptions options) : DbContext(options)
{
    public DbSet<User> Users => Set<User>();

    public DbSet<Organization> Organizations => Set<Organization>();

    public DbSet<Membership> Memberships => Set<Membership>();

    public DbSet<Token> Tokens => Set<Token>();

    public DbSet<Project> Projects => Set<Project>();

    public DbSet<Deployment> Deployments => Set<Deployment>();

    public DbSet<StoredManifest> Manifests => Set<StoredManifest>();

    public DbSet<Asset> Assets => Set<Asset>();

    public DbSet<OrganizationLimits> OrganizationLimits => Set<OrganizationLimits>();

    public DbSet<ProjectOverrides> ProjectOverrides => Set<ProjectOverrides>();

    public DbSet<ProjectSecret> Secrets => Set<ProjectSecret>();

    public DbSet<MappedHost> MappedHosts => Set<MappedHost>();

    /// <summary>Now, for what nodes compare with one another: leases. On one node its own clock.</summary>
    internal virtual ValueTask<DateTimeOffset> NowAsync(TimeProvider time, CancellationToken cancellation) => new(time.Moment());

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        StoredTypes.Configure(configurationBuilder);

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(IsletDb).Assembly);
}
