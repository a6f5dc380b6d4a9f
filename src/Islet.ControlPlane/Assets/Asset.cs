using Islet.ControlPlane.Organizations;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Assets;

/// <summary>
/// An organization has uploaded this content, so it may name it by its git hash from now on. The scope is the
/// organization and never wider: a hash must not tell whether somebody else has a file. The row, and with it the blob,
/// stays as long as a deployment of the organization has the content, and
/// <see cref="ControlPlaneOptions.KeepUnusedAssets"/> longer; after that the hash is unknown and the content is to be sent.
/// </summary>
public sealed class Asset
{
    public required OrganizationId OrganizationId { get; init; }

    /// <summary>Git blob hash, 40 lower-case hex digits.</summary>
    public required string GitSha1 { get; init; }

    /// <summary>Name of the blob, 64 lower-case hex digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>
    /// When a new deployment named the content, or the collector found one that still does. The collector takes a row
    /// only with the moment it saw before it looked for uses, so a use meanwhile keeps it.
    /// </summary>
    public required DateTimeOffset UsedAt { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<Asset>
    {
        public void Configure(EntityTypeBuilder<Asset> entity)
        {
            entity.HasKey(asset => new { asset.OrganizationId, asset.GitSha1 });
            entity.Property(asset => asset.GitSha1).HasMaxLength(40);
            entity.Property(asset => asset.Sha256).HasMaxLength(64);
            entity.HasIndex(asset => asset.Sha256);
            entity.HasIndex(asset => new { asset.OrganizationId, asset.Size }); // the sum of an organization
            entity.HasOne<Organization>().WithMany().HasForeignKey(asset => asset.OrganizationId);
        }
    }
}
