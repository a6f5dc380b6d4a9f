using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Variables;

/// <summary>A variable that each new deployment of a project gets, unless it brings one of that name.</summary>
public sealed class ProjectVariable
{
    public required ProjectId ProjectId { get; init; }

    public required string Name { get; init; }

    /// <summary>The value, see <see cref="Secrets.SecretVault"/>.</summary>
    public required byte[] Sealed { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<ProjectVariable>
    {
        public void Configure(EntityTypeBuilder<ProjectVariable> entity)
        {
            entity.ToTable("ProjectVariables");
            entity.HasKey(variable => new { variable.ProjectId, variable.Name });
            entity.Property(variable => variable.Name).HasMaxLength(128);
            entity.HasOne<Project>().WithMany().HasForeignKey(variable => variable.ProjectId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
