using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Tokens;

/// <summary>What a token opens: all organizations of its user, one organization, or one project.</summary>
public enum TokenScope
{
    User = 0,
    Organization = 1,
    Project = 2,
}

/// <summary>An API token. The token itself is shown once; the row keeps its SHA-256.</summary>
public sealed class Token
{
    public required Guid Id { get; init; }

    /// <summary>SHA-256 of the whole token, 32 bytes; unique.</summary>
    public required byte[] Hash { get; init; }

    public required string Name { get; set; }

    public required TokenScope Scope { get; init; }

    /// <summary>Who made it; the owner when the scope is <see cref="TokenScope.User"/>.</summary>
    public required UserId UserId { get; init; }

    /// <summary>Set unless the scope is <see cref="TokenScope.User"/>.</summary>
    public OrganizationId? OrganizationId { get; init; }

    /// <summary>Set when the scope is <see cref="TokenScope.Project"/>.</summary>
    public ProjectId? ProjectId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>To the minute; null: not used yet.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<Token>
    {
        public void Configure(EntityTypeBuilder<Token> entity)
        {
            entity.Property(token => token.Id).ValueGeneratedNever();
            entity.Property(token => token.Hash).HasMaxLength(32);
            entity.Property(token => token.Name).HasMaxLength(100);
            entity.HasIndex(token => token.Hash).IsUnique();
            entity.HasOne<User>().WithMany().HasForeignKey(token => token.UserId);
            entity.HasOne<Organization>().WithMany().HasForeignKey(token => token.OrganizationId);
            entity.HasOne<Project>().WithMany().HasForeignKey(token => token.ProjectId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
