using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Artifacts;

/// <summary>
/// Artifacts on their way between nodes: packed as one blob by the node that built them, unpacked by each other node at
/// the first need. A directory here is taken for the artifact of a row only if it came from the blob that the row names:
/// what a build left that another node finished is not. With one node nothing is packed.
/// </summary>
public sealed class ArtifactArchives(ArtifactStore artifacts, AssetStore blobs, Postgres postgres, IOptions<ControlPlaneOptions> options)
{
    /// <summary>File in the artifact's directory, not packed: the blob that it is equal to.</summary>
    const string Mark = "archive.sha256";

    const UnixFileMode File644 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    const UnixFileMode Directory755 = File644 | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    readonly string transit = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "transit");

    /// <summary>Unpackings under way: whoever needs the same artifact meanwhile waits for the same one.</summary>
    readonly ConcurrentDictionary<string, Lazy<Task>> unpacking = new(StringComparer.Ordinal);

    /// <summary>Makes the directory for what is half done, empty.</summary>
    internal void Prepare()
    {
        if (Directory.Exists(transit))
            Directory.Delete(transit, recursive: true);
        Durable.OwnerOnly(Directory.CreateDirectory(transit));
    }

    /// <summary>Makes a directory of this node known to others. The blob is durable when it returns; no row names it yet.</summary>
    internal async Task<BuiltArtifact> PackAsync(string artifactId, CancellationToken cancellation)
    {
        if (!postgres.IsUsed)
            return new(artifactId, Sha256: null);
        var (directory, packed) = (artifacts.DirectoryOf(artifactId), Path.Combine(transit, $"{artifactId}.tar.gz"));
        try
        {
            File.Delete(Path.Combine(directory, Mark));
            await using (var file = File.Create(packed))
            await using (var compressed = new GZipStream(file, CompressionLevel.Fastest))
                await TarFile.CreateFromDirectoryAsync(directory, compressed, includeBaseDirectory: false, cancellation);
            var sha256 = await HashAsync(packed, cancellation);
            await blobs.WriteAsync([(sha256, new PackedContent(packed))], cancellation);
            await File.WriteAllTextAsync(Path.Combine(directory, Mark), sha256, cancellation);
            return new(artifactId, sha256);
        }
        finally
        {
            File.Delete(packed);
        }
    }

    /// <summary>Null when neither this node nor the blobs have it.</summary>
    /// <exception cref="InvalidDataException">The blob is damaged.</exception>
    public async ValueTask<Artifact?> TakeAsync(BuiltArtifact artifact, CancellationToken cancellation)
    {
        if (artifact.Sha256 is { } sha256 && !IsHere(artifact.Id, sha256))
        {
            if (!File.Exists(blobs.PathOf(sha256)))
                return null;
            var work = unpacking.GetOrAdd(artifact.Id, _ => new(() => Task.Run(() => UnpackAsync(artifact.Id, sha256), CancellationToken.None)));
            await work.Value.WaitAsync(cancellation);
        }
        return await artifacts.ReadAsync(artifact.Id, cancellation);
    }

    bool IsHere(string artifactId, string sha256)
    {
        var mark = Path.Combine(artifacts.DirectoryOf(artifactId), Mark);
        return File.Exists(mark) && File.ReadAllText(mark) == sha256;
    }

    async Task UnpackAsync(string artifactId, string sha256)
    {
        var directory = Path.Combine(transit, artifactId);
        try
        {
            // 1 whole and as it was packed, before a byte of it is looked at
            var blob = blobs.PathOf(sha256);
            if (await HashAsync(blob, CancellationToken.None) != sha256)
                throw new InvalidDataException($"The blob {sha256} of artifact {artifactId} is damaged: deploy again, or bring it back.");

            // 2 beside its place, readable for slots
            Directory.CreateDirectory(directory);
            await using (var file = File.OpenRead(blob))
            await using (var plain = new GZipStream(file, CompressionMode.Decompress))
                await TarFile.ExtractToDirectoryAsync(plain, directory, overwriteFiles: false, CancellationToken.None);
            Open(new DirectoryInfo(directory));
            await File.WriteAllTextAsync(Path.Combine(directory, Mark), sha256);

            // 3 its name; nobody runs what had it before, see above
            artifacts.Remove(artifactId);
            Durable.OwnerOnly(Directory.CreateDirectory(artifacts.Root));
            Directory.Move(directory, artifacts.DirectoryOf(artifactId));
        }
        finally
        {
            unpacking.TryRemove(artifactId, out _);
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
    }

    static void Open(DirectoryInfo directory)
    {
        directory.UnixFileMode = Directory755;
        foreach (var entry in directory.EnumerateFileSystemInfos())
            if (entry.LinkTarget is not null)
                continue;
            else if (entry is DirectoryInfo below)
                Open(below);
            else
                entry.UnixFileMode = File644;
    }

    static async Task<string> HashAsync(string file, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
    }

    sealed class PackedContent(string file) : AssetContent
    {
        public override long Length { get; } = new FileInfo(file).Length;

        public override void CopyTo(Stream destination)
        {
            using var stream = File.OpenRead(file);
            stream.CopyTo(destination);
        }
    }
}
