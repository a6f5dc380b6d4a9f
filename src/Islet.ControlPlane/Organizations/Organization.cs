using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Organizations;

public sealed class Organization
{
    public required OrganizationId Id { get; init; }

    public required string Name { get; set; }

    /// <summary>The user whose personal organization this is; null for a shared one.</summary>
    public UserId? PersonalOf { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<Organization>
    {
        public void Configure(EntityTypeBuilder<Organization> entity)
        {
            entity.Property(organization => organization.Id).ValueGeneratedNever();
            entity.Property(organization => organization.Name).HasMaxLength(100);
            entity.HasIndex(organization => organization.PersonalOf).IsUnique();
            entity.HasOne<User>().WithMany().HasForeignKey(organization => organization.PersonalOf);
        }
    }
}
