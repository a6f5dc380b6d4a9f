using Islet.ControlPlane.Organizations;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Databases;

public enum BackupStatus
{
    /// <summary>Nothing has been copied yet.</summary>
    Pending = 0,

    Active = 1,

    /// <summary>For good: it is to be disabled and enabled anew.</summary>
    Failed = 2,
}

/// <summary>Where a database is copied to continuously. A database has one at most.</summary>
public sealed class DatabaseBackup
{
    public required Guid Id { get; init; }

    public required Guid DatabaseId { get; init; }

    public required OrganizationId OrganizationId { get; init; }

    public required string Endpoint { get; init; }

    public required string Bucket { get; init; }

    public required string Region { get; init; }

    public required string AccessKeyId { get; init; }

    /// <summary>See <see cref="Secrets.SecretVault"/>.</summary>
    public required byte[] SealedSecret { get; init; }

    /// <summary>Begin of every key in the bucket; empty when none.</summary>
    public required string Prefix { get; init; }

    public required BackupStatus Status { get; set; }

    /// <summary>Why it failed.</summary>
    public string? Problem { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The node that makes it; see <see cref="ClaimBackups"/>.</summary>
    public string? ClaimedBy { get; set; }

    /// <summary>When that node last said so, by the database's clock; without a node: when the last one gave it back.</summary>
    public DateTimeOffset? ClaimedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<DatabaseBackup>
    {
        public void Configure(EntityTypeBuilder<DatabaseBackup> entity)
        {
            entity.ToTable("DatabaseBackups");
            entity.Property(backup => backup.Id).ValueGeneratedNever();
            entity.Property(backup => backup.Endpoint).HasMaxLength(BackupRules.MaxEndpoint);
            entity.Property(backup => backup.Bucket).HasMaxLength(BackupRules.MaxBucket);
            entity.Property(backup => backup.Region).HasMaxLength(BackupRules.MaxRegion);
            entity.Property(backup => backup.AccessKeyId).HasMaxLength(BackupRules.MaxKey);
            entity.Property(backup => backup.Prefix).HasMaxLength(BackupRules.MaxPrefix);
            entity.Property(backup => backup.Problem).HasMaxLength(1000);
            entity.Property(backup => backup.ClaimedBy).HasMaxLength(100);
            entity.HasIndex(backup => backup.DatabaseId).IsUnique();
            entity.HasOne<KvDatabase>().WithMany().HasForeignKey(backup => backup.DatabaseId).OnDelete(DeleteBehavior.Cascade);
            entity.HasOne<Organization>().WithMany().HasForeignKey(backup => backup.OrganizationId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
