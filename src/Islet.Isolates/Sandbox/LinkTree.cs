using System.Runtime.InteropServices;
using Islet.Isolates.Linux;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// Puts a read-only tree somewhere else without copying its bytes: hard links, or copies where the file system changes.
/// Symbolic links are made anew with the same words; the jail decides where they may lead.
/// </summary>
internal static class LinkTree
{
    const UnixFileMode PublicDirectory =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <param name="to">Exists and is empty.</param>
    public static void Run(string from, string to)
    {
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                File.CreateSymbolicLink(target, entry.LinkTarget!);
            }
            else if (entry is DirectoryInfo)
            {
                Directory.CreateDirectory(target);
                File.SetUnixFileMode(target, PublicDirectory);
                Run(entry.FullName, target);
            }
            else
            {
                LinkFile(entry.FullName, target);
            }
        }
    }

    static void LinkFile(string from, string to)
    {
        if (Libc.Link(from, to) == 0)
            return;
        if (Marshal.GetLastPInvokeError() is not (Libc.EXDEV or Libc.EMLINK))
            throw Libc.Error($"link {to}");
        File.Copy(from, to);
    }
}
