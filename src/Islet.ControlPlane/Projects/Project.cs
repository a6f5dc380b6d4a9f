using Islet.ControlPlane.Organizations;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Projects;

public sealed class Project
{
    public required ProjectId Id { get; init; }

    public required OrganizationId OrganizationId { get; init; }

    /// <summary>See <see cref="ProjectName"/>; unique over all organizations because it is a host label.</summary>
    public required string Name { get; set; }

    /// <summary>At most 1000 characters; empty when none.</summary>
    public required string Description { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<Project>
    {
        public void Configure(EntityTypeBuilder<Project> entity)
        {
            entity.Property(project => project.Id).ValueGeneratedNever();
            entity.Property(project => project.Name).HasMaxLength(ProjectName.MaxLength);
            entity.Property(project => project.Description).HasMaxLength(2000);
            entity.HasIndex(project => project.Name).IsUnique();
            entity.HasIndex(project => new { project.OrganizationId, project.UpdatedAt, project.Id });
            entity.HasIndex(project => new { project.OrganizationId, project.Name });
            entity.HasOne<Organization>().WithMany().HasForeignKey(project => project.OrganizationId);
        }
    }
}
