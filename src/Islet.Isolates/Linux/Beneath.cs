using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Islet.Isolates.Linux;

/// <summary>
/// Opens what lies below a directory and nothing else (openat2(2)): no link is followed, not even in the middle, so that
/// who may write there cannot lead a privileged process elsewhere.
/// </summary>
internal static class Beneath
{
    const long SYS_openat2 = 437;
    const ulong O_PATH = 0x200000;
    const ulong O_NOFOLLOW = 0x20000;
    const ulong NoLinks = 0x02 | 0x04 | 0x08; // RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH

    /// <summary>A descriptor that names a place (O_PATH). Its path for other calls is <see cref="Name"/>.</summary>
    /// <exception cref="IOException">It does not exist, or a link is on the way.</exception>
    public static unsafe SafeFileHandle Open(string root, string relative)
    {
        var directory = Libc.Open(root, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (directory < 0)
            throw Libc.Error($"open {root}");
        try
        {
            var how = stackalloc ulong[3] { O_PATH | O_NOFOLLOW | Libc.O_CLOEXEC, 0, NoLinks }; // struct open_how
            fixed (byte* path = Encoding.UTF8.GetBytes(relative + "\0"))
            {
                var fd = (int)Libc.SysCall(SYS_openat2, directory, (long)path, (long)how, 3 * sizeof(ulong));
                return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Libc.Error($"open {relative} below {root}");
            }
        }
        finally
        {
            _ = Libc.Close(directory);
        }
    }

    /// <summary>How system calls of this process find what a descriptor names, without walking any path.</summary>
    public static string Name(SafeFileHandle place) => $"/proc/self/fd/{(int)place.DangerousGetHandle()}";
}
