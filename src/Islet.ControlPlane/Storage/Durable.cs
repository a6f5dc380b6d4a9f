using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Islet.ControlPlane.Storage;

/// <summary>
/// Files that survive power loss: written under another name, synced, renamed, their directory synced. A failed sync
/// throws and is never tried again: the kernel may have dropped the pages.
/// </summary>
public static partial class Durable
{
    const int ReadOnly = 0;
    const int DirectoryOnly = 0x10000;
    const int CloseOnExec = 0x80000;

    /// <summary>Gives the file its final name and makes the name durable. The content must be synced already.</summary>
    public static void Rename(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(to)!);
    }

    /// <summary>Makes the names in a directory durable: files renamed, made or removed there.</summary>
    public static void SyncDirectory(string path)
    {
        using var directory = OpenDirectory(path);
        if (Fsync(directory) != 0)
            throw new IOException($"fsync of {path} failed: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Makes everything of the file system durable that holds this directory: for many new files at once.</summary>
    public static void SyncFileSystem(string path)
    {
        using var directory = OpenDirectory(path);
        if (Syncfs(directory) != 0)
            throw new IOException($"syncfs of {path} failed: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Makes a directory with its parents, each durable in the one above.</summary>
    public static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
            return;
        var parent = Path.GetDirectoryName(Path.GetFullPath(path))!;
        CreateDirectory(parent);
        Directory.CreateDirectory(path);
        SyncDirectory(parent);
    }

    /// <summary>A whole file that only this user may read, under its name once it is durable.</summary>
    public static void WritePrivately(string path, string text)
    {
        var unfinished = path + ".unfinished";
        File.Delete(unfinished);
        var ownerOnly = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            ownerOnly.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(unfinished, ownerOnly))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        Rename(unfinished, path);
    }

    /// <summary>Only this user may look in: variables and code of tenants are not for other users of the machine.</summary>
    public static void OwnerOnly(FileSystemInfo entry)
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (!OperatingSystem.IsWindows())
            entry.UnixFileMode = entry is DirectoryInfo ? Owner | UnixFileMode.UserExecute : Owner;
    }

    static SafeFileHandle OpenDirectory(string path)
    {
        var handle = Open(path, ReadOnly | DirectoryOnly | CloseOnExec);
        if (handle.IsInvalid)
            throw new IOException($"open of {path} failed: errno {Marshal.GetLastPInvokeError()}");
        return handle;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int Syncfs(SafeFileHandle handle);
}
