using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Audit;

/// <summary>Who did what, when and from where. Never changed; outlives what it speaks of, so it refers to nothing.</summary>
public sealed class AuditEntry
{
    /// <summary>Grows: the place in the log.</summary>
    public long Id { get; init; }

    /// <summary>Null when the call was not about one organization.</summary>
    public OrganizationId? OrganizationId { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required UserId UserId { get; init; }

    /// <summary>The user's address for mail then.</summary>
    public required string Actor { get; init; }

    public required Guid TokenId { get; init; }

    public required string TokenName { get; init; }

    /// <summary>Noun and verb, such as <c>project.create</c>.</summary>
    public required string Operation { get; init; }

    public required string TargetKind { get; init; }

    public required string TargetId { get; init; }

    /// <summary>What a reader wants to know beside: a name, a role.</summary>
    public required string Detail { get; init; }

    /// <summary><c>done</c>, or the code of the refusal.</summary>
    public required string Outcome { get; init; }

    public required string Address { get; init; }

    public required string Agent { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<AuditEntry>
    {
        public void Configure(EntityTypeBuilder<AuditEntry> entity)
        {
            entity.ToTable("AuditLog");
            entity.Property(entry => entry.Actor).HasMaxLength(320);
            entity.Property(entry => entry.TokenName).HasMaxLength(100);
            entity.Property(entry => entry.Operation).HasMaxLength(100);
            entity.Property(entry => entry.TargetKind).HasMaxLength(50);
            entity.Property(entry => entry.TargetId).HasMaxLength(200);
            entity.Property(entry => entry.Detail).HasMaxLength(500);
            entity.Property(entry => entry.Outcome).HasMaxLength(50);
            entity.Property(entry => entry.Address).HasMaxLength(64);
            entity.Property(entry => entry.Agent).HasMaxLength(256);
            entity.HasIndex(entry => new { entry.OrganizationId, entry.Id });
            entity.HasIndex(entry => entry.Time);
        }
    }
}
