using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Invitations;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Lists;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Queues;
using Islet.ControlPlane.Retries;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Usage;
using Islet.ControlPlane.Users;
using Islet.ControlPlane.Variables;
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

    public DbSet<NameEnd> NameEnds => Set<NameEnd>();

    public DbSet<Deployment> Deployments => Set<Deployment>();

    public DbSet<Milestone> Milestones => Set<Milestone>();

    public DbSet<StoredManifest> Manifests => Set<StoredManifest>();

    public DbSet<Asset> Assets => Set<Asset>();

    public DbSet<OrganizationLimits> OrganizationLimits => Set<OrganizationLimits>();

    public DbSet<ProjectOverrides> ProjectOverrides => Set<ProjectOverrides>();

    public DbSet<ProjectSecret> Secrets => Set<ProjectSecret>();

    public DbSet<Invitation> Invitations => Set<Invitation>();

    public DbSet<ProjectVariable> ProjectVariables => Set<ProjectVariable>();

    public DbSet<AuditEntry> AuditLog => Set<AuditEntry>();

    public DbSet<QueueListening> QueueListenings => Set<QueueListening>();

    public DbSet<KeptAnswer> KeptAnswers => Set<KeptAnswer>();

    public DbSet<MappedHost> MappedHosts => Set<MappedHost>();

    public DbSet<DormantHost> DormantHosts => Set<DormantHost>();

    public DbSet<Domain> Domains => Set<Domain>();

    public DbSet<DomainCertificate> DomainCertificates => Set<DomainCertificate>();

    public DbSet<KvDatabase> Databases => Set<KvDatabase>();

    public DbSet<DatabaseBackup> DatabaseBackups => Set<DatabaseBackup>();

    public DbSet<Cron> Crons => Set<Cron>();

    public DbSet<CronRun> CronRuns => Set<CronRun>();

    public DbSet<UsageRow> Usage => Set<UsageRow>();

    /// <summary>Now, for what nodes compare with one another: leases. On one node its own clock.</summary>
    internal virtual ValueTask<DateTimeOffset> NowAsync(TimeProvider time, CancellationToken cancellation) => new(time.Moment());

    /// <summary>Nodes that share the database, this one among them, as far as it knows.</summary>
    internal virtual ValueTask<int> NodesAsync(CancellationToken cancellation) => new(1);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        StoredTypes.Configure(configurationBuilder);

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(IsletDb).Assembly);
}
