using Islet.Isolates.Linux;

namespace Islet.Isolates.Building;

/// <summary>Gives a tree to a user id; never follows a link out of it.</summary>
internal static class OwnTree
{
    public static void Run(string directory, uint owner)
    {
        Own(directory, owner);
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                Run(entry.FullName, owner);
            else
                Own(entry.FullName, owner);
        }
    }

    static void Own(string path, uint owner)
    {
        if (Libc.LChown(path, owner, owner) != 0)
            throw Libc.Error($"chown {path}");
    }
}
