using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Domains;

public enum CertificateCipher
{
    Rsa = 0,
    Ec = 1,
}

/// <summary>The certificate of a domain for one kind of key.</summary>
public sealed class DomainCertificate
{
    public required Guid DomainId { get; init; }

    public required CertificateCipher Cipher { get; init; }

    /// <summary>PEM, the domain's own first.</summary>
    public required string Chain { get; set; }

    /// <summary>PKCS #8 of its key, see <see cref="Secrets.SecretVault"/>.</summary>
    public required byte[] SealedKey { get; set; }

    public required DateTimeOffset ExpiresAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<DomainCertificate>
    {
        public void Configure(EntityTypeBuilder<DomainCertificate> entity)
        {
            entity.ToTable("DomainCertificates");
            entity.HasKey(certificate => new { certificate.DomainId, certificate.Cipher });
            entity.HasOne<Domain>().WithMany().HasForeignKey(certificate => certificate.DomainId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
