using System.Globalization;
using System.Text;

namespace Islet.Isolates.Linux;

/// <summary>Changes the size of a tmpfs that is mounted in another namespace, without going there (fspick(2), Linux 5.2).</summary>
internal static unsafe class TmpfsSize
{
    const long SYS_fsconfig = 431;
    const long SYS_fspick = 433;
    const int CurrentDirectory = -100;
    const long CloseOnExec = 1; // FSPICK_CLOEXEC
    const long SetString = 1; // FSCONFIG_SET_STRING
    const long Reconfigure = 7; // FSCONFIG_CMD_RECONFIGURE

    /// <summary>The calling thread needs CAP_SYS_ADMIN in its mount namespace and over the one that mounted it.</summary>
    /// <param name="place">The mount's root.</param>
    /// <param name="bytes">Rounded up to whole pages by the kernel.</param>
    /// <exception cref="IOException">More is in use, or it is no tmpfs, or the right is missing.</exception>
    public static void Set(string place, long bytes)
    {
        var context = Pick(place);
        try
        {
            fixed (byte* key = "size\0"u8, value = Encoding.ASCII.GetBytes(bytes.ToString(CultureInfo.InvariantCulture) + "\0"))
                if (Libc.SysCall(SYS_fsconfig, context, SetString, (long)key, (long)value, 0) != 0
                    || Libc.SysCall(SYS_fsconfig, context, Reconfigure, 0, 0, 0) != 0)
                    throw Libc.Error($"resize {place}");
        }
        finally
        {
            _ = Libc.Close(context);
        }
    }

    static int Pick(string place)
    {
        fixed (byte* path = Encoding.UTF8.GetBytes(place + "\0"))
            return (int)Libc.SysCall(SYS_fspick, CurrentDirectory, (long)path, CloseOnExec, 0) is >= 0 and var context ? context : throw Libc.Error($"pick {place}");
    }
}
