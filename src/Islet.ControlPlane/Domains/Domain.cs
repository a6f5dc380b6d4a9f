using Islet.ControlPlane.Organizations;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Domains;

/// <summary>How far a domain's certificates are.</summary>
public enum Provisioning
{
    Pending = 0,
    Success = 1,
    Failed = 2,

    /// <summary>Its owner uploads them.</summary>
    Manual = 3,
}

/// <summary>
/// A name that an organization has registered. Several organizations may register the same one; at most one has it
/// verified, and only that one may lead its hosts to deployments.
/// </summary>
public sealed class Domain
{
    public required Guid Id { get; init; }

    public required OrganizationId OrganizationId { get; init; }

    /// <summary>Lower case; with <c>*.</c> in front it covers the hosts one label below. See <see cref="DomainName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>The same name once it is verified, else null: unique, so that one organization has it.</summary>
    public string? VerifiedName { get; set; }

    public required Provisioning Provisioning { get; set; }

    /// <summary>Why provisioning failed.</summary>
    public string? ProvisioningProblem { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<Domain>
    {
        public void Configure(EntityTypeBuilder<Domain> entity)
        {
            entity.ToTable("Domains");
            entity.Property(domain => domain.Id).ValueGeneratedNever();
            entity.Property(domain => domain.Name).HasMaxLength(DomainName.MaxLength);
            entity.Property(domain => domain.VerifiedName).HasMaxLength(DomainName.MaxLength);
            entity.Property(domain => domain.ProvisioningProblem).HasMaxLength(1000);
            entity.HasIndex(domain => new { domain.OrganizationId, domain.Name }).IsUnique();
            entity.HasIndex(domain => domain.VerifiedName).IsUnique();
            entity.HasOne<Organization>().WithMany().HasForeignKey(domain => domain.OrganizationId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
