using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Storage;
using Islet.Contracts;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// Makes the immutable directory: the source tree, and of the organization's module cache exactly what the graph needs,
/// as hard links. The cache is written by a jailed process, so its names are taken as they are and no link is followed.
/// </summary>
static partial class PackArtifact
{
    /// <summary>What of the cache goes into the artifact, as paths in the cache.</summary>
    public static IReadOnlyList<string> PathsOf(BuildSettings settings, ResolvedModules modules) =>
        [.. modules.Graph.NpmDirectories.Select(PackagePath), .. RemotePaths(settings, modules)];

    /// <summary>Puts <c>deno/</c> and the description beside <c>src/</c> in <paramref name="directory"/>; all is readable by slots.</summary>
    public static void Complete(
        string directory, ArtifactDescription description, BuildSettings settings, ResolvedModules modules, string cache)
    {
        var deno = Directory.CreateDirectory(Path.Combine(directory, "deno")).FullName;
        foreach (var package in modules.Graph.NpmDirectories.Select(PackagePath))
            LinkTree(Path.Combine(cache, package), Path.Combine(deno, package));
        foreach (var path in RemotePaths(settings, modules))
            LinkFile(Path.Combine(cache, path), Path.Combine(deno, path));
        if (modules.Lock is { } locked)
            File.WriteAllBytes(Path.Combine(deno, "deno.lock"), locked);
        if (settings.ConfigFile is { } made)
            File.WriteAllBytes(Path.Combine(deno, BuildSettings.MadeConfig), made);
        File.WriteAllBytes(
            Path.Combine(directory, ArtifactStore.DescriptionFile),
            JsonSerializer.SerializeToUtf8Bytes(description, JsonSerializerOptions.Web));
    }

    /// <summary>Gives the artifact its final name, for good: content first, then the name.</summary>
    public static void Publish(string directory, string final)
    {
        var entries = Directory.GetFileSystemEntries(directory, "*", SearchOption.AllDirectories);
        if (entries.Length < SyncWholeFrom)
            SyncEach(directory, entries);
        else
            Durable.SyncFileSystem(directory);
        var parent = Path.GetDirectoryName(final)!;
        Durable.CreateDirectory(parent);
        Durable.OwnerOnly(new DirectoryInfo(parent)); // slots see what lies below where it is mounted, other users nowhere
        Directory.Move(directory, final);
        Durable.SyncDirectory(parent);
    }

    /// <summary>A sync of the whole file system waits for what others write too; worth it for many files only.</summary>
    const int SyncWholeFrom = 100;

    static void SyncEach(string directory, string[] entries)
    {
        foreach (var entry in entries)
            if (Directory.Exists(entry) && new DirectoryInfo(entry).LinkTarget is null)
                Durable.SyncDirectory(entry);
            else if (new FileInfo(entry) is { Exists: true, LinkTarget: null })
                using (var file = File.OpenHandle(entry, FileMode.Open, FileAccess.ReadWrite))
                    RandomAccess.FlushToDisk(file);
        Durable.SyncDirectory(directory);
    }

    static IEnumerable<string> RemotePaths(BuildSettings settings, ResolvedModules modules) =>
        modules.Graph.RemoteUrls.Concat(settings.RemoteFiles).SelectMany(WithPackageMetadata).Select(RemotePath).Distinct(StringComparer.Ordinal);

    static string PackagePath(string inJail)
    {
        const string prefix = JailPaths.DenoDir + "/npm/";
        if (!inJail.StartsWith(prefix, StringComparison.Ordinal) || inJail.Split('/').Contains(".."))
            throw new BuildFailure($"Unexpected package directory {inJail}");
        return inJail[(JailPaths.DenoDir.Length + 1)..];
    }

    static void LinkTree(string from, string to)
    {
        if (!Directory.Exists(from))
            return;
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is not null)
                continue;
            if (entry is DirectoryInfo)
                LinkTree(entry.FullName, Path.Combine(to, entry.Name));
            else
                LinkFile(entry.FullName, Path.Combine(to, entry.Name));
        }
    }

    static void LinkFile(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        if (Link(from, to) != 0 && Marshal.GetLastPInvokeError() is var error and not (NoEntry or Exists))
            throw new IOException($"link {from} to {to}: errno {error}");
    }

    /// <summary>
    /// A module of a JSR package (<c>/@scope/name/version/…</c>) is found again through the package's two metadata
    /// documents; links to what is not in the cache are left out, so that other hosts with such paths do no harm.
    /// </summary>
    static IEnumerable<Uri> WithPackageMetadata(Uri url)
    {
        yield return url;
        var parts = url.AbsolutePath.Split('/');
        if (parts.Length < 5 || !parts[1].StartsWith('@'))
            yield break;
        yield return new(url, $"/{parts[1]}/{parts[2]}/meta.json");
        yield return new(url, $"/{parts[1]}/{parts[2]}/{parts[3]}_meta.json");
    }

    /// <summary>Where Deno's cache keeps a URL: scheme, host with port, SHA-256 of path and query.</summary>
    static string RemotePath(Uri url)
    {
        var host = url.IsDefaultPort ? url.Host : $"{url.Host}_PORT{url.Port}";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(url.PathAndQuery));
        return Path.Combine("remote", url.Scheme, host, Convert.ToHexStringLower(hash));
    }

    const int NoEntry = 2;
    const int Exists = 17;

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
