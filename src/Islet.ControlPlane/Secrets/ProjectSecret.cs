using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Secrets;

/// <summary>
/// A variable of a project whose value its programs never see: they get a placeholder, which the gateway replaces on the
/// way to the named hosts.
/// </summary>
public sealed class ProjectSecret
{
    public required ProjectId ProjectId { get; init; }

    public required string Name { get; init; }

    /// <summary>Lower case, in the order given.</summary>
    public required IReadOnlyList<string> Hosts { get; set; }

    /// <summary>Whether the gateway may end TLS to these hosts for it.</summary>
    public required bool Tls { get; set; }

    /// <summary>The value, see <see cref="SecretVault"/>.</summary>
    public required byte[] Sealed { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<ProjectSecret>
    {
        public void Configure(EntityTypeBuilder<ProjectSecret> entity)
        {
            entity.ToTable("Secrets");
            entity.HasKey(secret => new { secret.ProjectId, secret.Name });
            entity.Property(secret => secret.Name).HasMaxLength(128);
            entity.HasOne<Project>().WithMany().HasForeignKey(secret => secret.ProjectId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
