using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Deployments;

/// <summary>One immutable deployment. After its creation only the end of its build changes it.</summary>
public sealed class Deployment
{
    public required DeploymentId Id { get; init; }

    public required OrganizationId OrganizationId { get; init; }

    public required ProjectId ProjectId { get; init; }

    public required DeploymentStatus Status { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Moves when the build ends.</summary>
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Which builder has it, <c>node/number</c>; null when it waits or its build has ended.</summary>
    public string? ClaimedBy { get; set; }

    /// <summary>When the builder last said that it is at work. Long ago: it is gone, and another may take it.</summary>
    public DateTimeOffset? ClaimedAt { get; set; }

    public required string Description { get; init; }

    /// <summary>Hosts to map when the build succeeds, in the order given; see <see cref="Domains.HostTemplate"/>.</summary>
    public required IReadOnlyList<string> HostTemplates { get; init; }

    /// <summary>Name → KV database id.</summary>
    public required IReadOnlyDictionary<string, string> Databases { get; init; }

    public required bool EnableCron { get; init; }

    /// <summary>The database that its crons are tied to, see <see cref="Crons.CronDatabases"/>; null: it has none enabled.</summary>
    public Guid? CronDatabaseId { get; init; }

    /// <summary>Milliseconds; null: the system's default.</summary>
    public int? RequestTimeout { get; init; }

    /// <summary>Hosts it may reach; null: everything public, empty: nothing.</summary>
    public IReadOnlyList<string>? PermissionsNet { get; init; }

    /// <summary>Main module as Deno in the jail is told: <c>file:///src/…</c> or a remote specifier.</summary>
    public required string EntryPoint { get; init; }

    /// <summary>Specifier like <see cref="EntryPoint"/>; null: discover, empty: none.</summary>
    public string? ImportMap { get; init; }

    /// <summary>Specifier like <see cref="EntryPoint"/>; null: discover, empty: none.</summary>
    public string? LockFile { get; init; }

    /// <summary>JSON object with the published members that were given; null: discover.</summary>
    public string? CompilerOptions { get; init; }

    /// <summary>Row of <see cref="StoredManifest"/>.</summary>
    public required string ManifestSha256 { get; init; }

    /// <summary>
    /// Directory under <c>artifacts/</c>. Null until built; a redeploy has it from its birth and shares it with its source.
    /// </summary>
    public string? ArtifactId { get; set; }

    /// <summary>
    /// Blob of the packed artifact, 64 lower-case hex digits, from which other nodes take it. Null where there is one node
    /// only.
    /// </summary>
    public string? ArtifactSha256 { get; set; }

    /// <summary>Why the build failed, for operators; tenants read the build log.</summary>
    public string? Failure { get; set; }

    /// <summary>The variables that came with it.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The project's variables as they were then, sealed; null: there were none. Its own win, see <see cref="Variables.DeploymentVariables"/>.</summary>
    public byte[]? ProjectVariables { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<Deployment>
    {
        public void Configure(EntityTypeBuilder<Deployment> entity)
        {
            entity.Property(deployment => deployment.Id).ValueGeneratedNever();
            entity.Property(deployment => deployment.Description).HasMaxLength(2000);
            // the organization is in them because each query asks for it: so a list is counted and paged within the index
            entity.HasIndex(deployment => new { deployment.ProjectId, deployment.CreatedAt, deployment.Id, deployment.OrganizationId });
            entity.HasIndex(deployment => new { deployment.ProjectId, deployment.Id, deployment.OrganizationId });
            entity.HasIndex(deployment => deployment.OrganizationId);
            entity.HasIndex(deployment => deployment.ManifestSha256);
            entity.HasIndex(deployment => deployment.ArtifactId);
            entity.Property(deployment => deployment.ArtifactSha256).HasMaxLength(64);
            entity.HasIndex(deployment => deployment.ArtifactSha256);
            entity.HasIndex(deployment => deployment.CronDatabaseId);
            entity.HasIndex(deployment => deployment.CreatedAt).HasFilter("\"Status\" = 0").HasDatabaseName("IX_Deployments_Pending");
            entity.HasOne<Organization>().WithMany().HasForeignKey(deployment => deployment.OrganizationId);
            entity.HasOne<Project>().WithMany().HasForeignKey(deployment => deployment.ProjectId).OnDelete(DeleteBehavior.Cascade);
            entity.HasOne<StoredManifest>().WithMany().HasForeignKey(deployment => deployment.ManifestSha256).OnDelete(DeleteBehavior.Restrict);
        }
    }
}
