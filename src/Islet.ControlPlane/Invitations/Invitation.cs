using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Invitations;

/// <summary>A place in an organization that waits for a person. The row goes when it is taken, revoked or replaced.</summary>
public sealed class Invitation
{
    public required Guid Id { get; init; }

    public required OrganizationId OrganizationId { get; init; }

    /// <summary>Lower case; one invitation for each in an organization.</summary>
    public required string Email { get; init; }

    public required Role Role { get; init; }

    /// <summary>SHA-256 of the token in the link, which was shown once; unique.</summary>
    public required byte[] Hash { get; init; }

    public required UserId InvitedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<Invitation>
    {
        public void Configure(EntityTypeBuilder<Invitation> entity)
        {
            entity.ToTable("Invitations");
            entity.Property(invitation => invitation.Id).ValueGeneratedNever();
            entity.Property(invitation => invitation.Email).HasMaxLength(320);
            entity.Property(invitation => invitation.Hash).HasMaxLength(32);
            entity.HasIndex(invitation => invitation.Hash).IsUnique();
            entity.HasIndex(invitation => new { invitation.OrganizationId, invitation.Email }).IsUnique();
            entity.HasOne<Organization>().WithMany().HasForeignKey(invitation => invitation.OrganizationId).OnDelete(DeleteBehavior.Cascade);
            entity.HasOne<User>().WithMany().HasForeignKey(invitation => invitation.InvitedBy).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
