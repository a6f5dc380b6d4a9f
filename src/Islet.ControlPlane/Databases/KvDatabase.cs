using Islet.ControlPlane.Organizations;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Databases;

/// <summary>A KV database of an organization; any number of its deployments may share it.</summary>
public sealed class KvDatabase
{
    public required Guid Id { get; init; }

    public required OrganizationId OrganizationId { get; init; }

    /// <summary>At most 1000 characters; empty when none.</summary>
    public required string Description { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<KvDatabase>
    {
        public void Configure(EntityTypeBuilder<KvDatabase> entity)
        {
            entity.ToTable("Databases");
            entity.Property(database => database.Id).ValueGeneratedNever();
            entity.Property(database => database.Description).HasMaxLength(2000);
            entity.HasIndex(database => new { database.OrganizationId, database.CreatedAt, database.Id });
            entity.HasOne<Organization>().WithMany().HasForeignKey(database => database.OrganizationId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
