using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Retries;

/// <summary>
/// One idempotency key of one token. Without an answer the call is under way, or was when its node ended: then nobody
/// knows what it did.
/// </summary>
public sealed class KeptAnswer
{
    public required Guid TokenId { get; init; }

    /// <summary>SHA-256 of the key: its length is the client's, this one's is ours.</summary>
    public required byte[] KeyHash { get; init; }

    /// <summary>SHA-256 of method, path and body.</summary>
    public required byte[] RequestHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null: see above.</summary>
    public int? Status { get; set; }

    /// <summary>Body of the answer, sealed: it may show a token. See <see cref="Secrets.SecretVault"/>.</summary>
    public byte[]? Sealed { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<KeptAnswer>
    {
        public void Configure(EntityTypeBuilder<KeptAnswer> entity)
        {
            entity.ToTable("KeptAnswers");
            entity.HasKey(answer => new { answer.TokenId, answer.KeyHash });
            entity.Property(answer => answer.KeyHash).HasMaxLength(32);
            entity.Property(answer => answer.RequestHash).HasMaxLength(32);
            entity.HasIndex(answer => answer.CreatedAt);
        }
    }
}
