using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Assets;

/// <summary>The tree of a deployment, under the SHA-256 of its own text: equal trees and redeploys share one row.</summary>
public sealed class StoredManifest
{
    public required string Sha256 { get; init; }

    /// <summary>JSON, see <see cref="AssetManifest.Store"/>.</summary>
    public required byte[] Content { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<StoredManifest>
    {
        public void Configure(EntityTypeBuilder<StoredManifest> entity)
        {
            entity.HasKey(manifest => manifest.Sha256);
            entity.Property(manifest => manifest.Sha256).HasMaxLength(64);
        }
    }
}
