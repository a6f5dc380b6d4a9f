namespace Islet.ControlPlane.Assets;

/// <summary>One asset as a client gave it: a content, a hash of one given earlier, both, or a link's target.</summary>
public sealed record NewAsset(string Path, AssetContent? Content, string? GitSha1, string? LinkTarget);

/// <summary>Decoded bytes of an asset that is still where the request left it: read more than once, never held whole.</summary>
public abstract class AssetContent
{
    /// <summary>Bytes that <see cref="CopyTo"/> will write.</summary>
    public abstract long Length { get; }

    public abstract void CopyTo(Stream destination);
}
