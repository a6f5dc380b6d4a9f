using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Organizations;

/// <summary>A user belongs to an organization, as what the role says.</summary>
public sealed class Membership
{
    public required OrganizationId OrganizationId { get; init; }

    public required UserId UserId { get; init; }

    public Role Role { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<Membership>
    {
        public void Configure(EntityTypeBuilder<Membership> entity)
        {
            entity.HasKey(membership => new { membership.UserId, membership.OrganizationId });
            entity.HasOne<Organization>().WithMany().HasForeignKey(membership => membership.OrganizationId);
            entity.HasIndex(membership => membership.OrganizationId);
            entity.HasOne<User>().WithMany().HasForeignKey(membership => membership.UserId);
        }
    }
}
