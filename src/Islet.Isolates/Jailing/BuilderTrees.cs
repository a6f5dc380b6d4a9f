using Islet.Isolates.Linux;

namespace Islet.Isolates.Jailing;

/// <summary>What builders wrote belongs to their user id. Two things with it need more rights than the server has.</summary>
internal sealed class BuilderTrees(string root, uint builder, uint server) : IDisposable
{
    const string Modules = "modules/";

    static readonly EnumerationOptions NoLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    readonly OwnThread thread = new("islet-builder-trees");

    /// <summary>Gives regular files to the server. What belongs to others is left as it is.</summary>
    public Task SealAsync(string directory, IReadOnlyList<string> paths) => thread.RunAsync(() =>
    {
        Check(directory);
        foreach (var path in paths)
        {
            var full = Path.Combine(root, directory, path);
            if (Directory.Exists(full))
                foreach (var file in Directory.EnumerateFiles(full, "*", NoLinks))
                    Own(Path.GetRelativePath(root, file));
            else if (File.Exists(full))
                Own($"{directory}/{path}");
        }
    });

    /// <summary>
    /// Removes what the builder owns in a directory, with no more rights than the builder had: so whatever is swapped
    /// meanwhile, nothing else can be removed. The rest is the server's to remove.
    /// </summary>
    public Task DiscardAsync(string directory) => thread.RunAsync(() =>
    {
        Check(directory);
        if (!Directory.Exists(Path.Combine(root, directory)))
            return;
        using var place = Beneath.Open(root, directory);
        _ = Libc.SetFsGid(builder);
        _ = Libc.SetFsUid(builder);
        try
        {
            foreach (var entry in new DirectoryInfo(Beneath.Name(place)).EnumerateFileSystemInfos())
                Remove(entry);
        }
        finally
        {
            _ = Libc.SetFsUid(0);
            _ = Libc.SetFsGid(0);
        }
    });

    public void Dispose() => thread.Dispose();

    static void Remove(FileSystemInfo entry)
    {
        try
        {
            if (entry is DirectoryInfo directory && entry.LinkTarget is null)
                directory.Delete(recursive: true); // does not follow links
            else
                entry.Delete();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Not the builder's, or the server was faster.
        }
    }

    void Own(string relative)
    {
        using var place = Beneath.Open(root, relative);
        if (Libc.OwnerOf(place) == builder && Libc.ChownPlace(place, server) != 0)
            throw Libc.Error($"chown {relative}");
    }

    static void Check(string directory)
    {
        if (!directory.StartsWith(Modules, StringComparison.Ordinal) || directory.Split('/').Any(part => part is ".." or "." or ""))
            throw new IOException($"{directory} is no module cache.");
    }
}
