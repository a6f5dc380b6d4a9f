using System.Security.Cryptography;
using Islet.ControlPlane.Nodes;
using Islet.ControlPlane.Storage;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Assets;

/// <summary>
/// Contents under their own SHA-256: <c>&lt;shared&gt;/blobs/ab/ab12…</c>. A blob is durable before <see cref="WriteAsync"/>
/// returns; only then may a row name it. Two writers of one content do no harm: the last rename wins with equal bytes.
/// </summary>
public sealed class AssetStore(IOptions<ControlPlaneOptions> options, Node node)
{
    /// <summary>From this many blobs on, one sync of the file system is cheaper than one of each file.</summary>
    const int SyncWholeFrom = 24;

    const int WritersAtOnce = 4;

    /// <summary>What another node left half written this long ago is nobody's any more.</summary>
    static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    readonly string root = Path.Combine(options.Value.Shared, "blobs");

    /// <summary>Host path of a blob; the content of a known asset is there.</summary>
    public string PathOf(string sha256) => Path.Combine(root, sha256[..2], sha256);

    string Unfinished => Path.Combine(root, "unfinished");

    /// <summary>Makes the directories and throws away what this node left half written when it was killed.</summary>
    internal void Prepare()
    {
        Durable.CreateDirectory(Unfinished);
        Durable.OwnerOnly(new DirectoryInfo(root));
        for (var first = 0; first < 256; first++)
            Directory.CreateDirectory(Path.Combine(root, first.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
        Durable.SyncDirectory(root);
        foreach (var file in new DirectoryInfo(Unfinished).EnumerateFiles())
            if (file.Name.StartsWith(node.Name, StringComparison.Ordinal) || file.LastWriteTimeUtc < DateTime.UtcNow - Abandoned)
                file.Delete();
    }

    /// <summary>Names of the blobs whose files are older, in no order; lazily, as there may be many.</summary>
    internal IEnumerable<string> ListWrittenBefore(DateTimeOffset moment) =>
        from directory in new DirectoryInfo(root).EnumerateDirectories()
        where directory.Name.Length == 2
        from file in directory.EnumerateFiles()
        where file.Name.Length == 64 && file.LastWriteTimeUtc <= moment.UtcDateTime
        select file.Name;

    /// <summary>Removes a blob that no row names; see <see cref="Collection.CollectAssets"/>.</summary>
    internal void Remove(string sha256) => File.Delete(PathOf(sha256));

    /// <summary>Stores contents under the given names: temporary file, sync, rename, sync of the directory.</summary>
    internal async Task WriteAsync(IReadOnlyCollection<(string Sha256, AssetContent Content)> blobs, CancellationToken cancellation)
    {
        if (blobs.Count == 0)
            return;
        var whole = blobs.Count >= SyncWholeFrom;
        var batch = RandomNumberGenerator.GetHexString(16, lowercase: true);
        try
        {
            await Parallel.ForEachAsync(
                blobs,
                new ParallelOptions { MaxDegreeOfParallelism = WritersAtOnce, CancellationToken = cancellation },
                (blob, _) =>
                {
                    WriteUnfinished(UnfinishedPath(batch, blob.Sha256), blob.Content, sync: !whole);
                    return ValueTask.CompletedTask;
                });
            if (whole)
                Durable.SyncFileSystem(root);
            foreach (var (sha256, _) in blobs)
                File.Move(UnfinishedPath(batch, sha256), PathOf(sha256), overwrite: true);
            foreach (var directory in blobs.Select(blob => blob.Sha256[..2]).Distinct(StringComparer.Ordinal))
                Durable.SyncDirectory(Path.Combine(root, directory));
        }
        catch
        {
            foreach (var (sha256, _) in blobs)
                File.Delete(UnfinishedPath(batch, sha256));
            throw;
        }
    }

    string UnfinishedPath(string batch, string sha256) => Path.Combine(Unfinished, $"{node.Name}-{batch}-{sha256}");

    static void WriteUnfinished(string path, AssetContent content, bool sync)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            PreallocationSize = content.Length,
        });
        content.CopyTo(file);
        if (file.Position != content.Length)
            throw new InvalidDataException($"A content of {content.Length} bytes wrote {file.Position}.");
        if (sync)
            file.Flush(flushToDisk: true);
    }
}
