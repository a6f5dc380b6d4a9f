using Islet.ControlPlane.Assets;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// The deployment's files as a directory. Every path comes from a checked manifest, nothing of the tree is followed:
/// look-ups go by the manifest, symbolic links included.
/// </summary>
sealed class SourceTree(string directory, AssetManifest manifest, AssetStore assets)
{
    const int MaxLinks = 40;
    const int MaxConfigBytes = 16 * 1024 * 1024;
    const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public string Directory { get; } = directory;

    /// <summary>Writes files and links. Contents are copies: an inode shared between tenants would tell of its other owners.</summary>
    public void LayOut(CancellationToken cancellation)
    {
        System.IO.Directory.CreateDirectory(Directory);
        foreach (var (path, entry) in manifest.Entries)
        {
            cancellation.ThrowIfCancellationRequested();
            var target = Path.Combine(Directory, path);
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (entry.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(target, link);
                continue;
            }
            File.Copy(assets.PathOf(entry.Sha256!), target);
            File.SetUnixFileMode(target, Readable);
        }
    }

    public bool Exists(string path) => Resolve(path) is { Sha256: not null };

    /// <exception cref="BuildFailure">There is no such file, or it is too large to be configuration.</exception>
    public byte[] Read(string path)
    {
        if (Resolve(path) is not { Sha256: { } blob } entry)
            throw new BuildFailure($"Module not found \"file:///src/{path}\".");
        if (entry.Size > MaxConfigBytes)
            throw new BuildFailure($"{path} is larger than {MaxConfigBytes} bytes");
        return File.ReadAllBytes(assets.PathOf(blob));
    }

    AssetEntry? Resolve(string path)
    {
        for (var hops = 0; hops < MaxLinks; hops++)
        {
            if (!manifest.Entries.TryGetValue(path, out var entry))
                return null;
            if (entry.LinkTarget is not { } link)
                return entry;
            path = Path.GetRelativePath("/", Path.GetFullPath(link, "/" + Path.GetDirectoryName(path)));
        }
        return null;
    }
}
