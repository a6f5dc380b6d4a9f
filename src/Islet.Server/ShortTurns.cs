using System.Runtime.InteropServices;

namespace Islet.Server;

/// <summary>
/// The server asks the kernel for short turns: it needs a processor often and not for long, and then goes before programs that
/// compute (sched(7), EEVDF: the shorter slice is due earlier; Linux 6.12 and later, elsewhere it changes nothing).
/// </summary>
static partial class ShortTurns
{
    const ulong SliceNanoseconds = 200_000;

    /// <summary>For all threads there are, and those they make. Processes would inherit it too: not where isolates are started.</summary>
    public static unsafe void Ask()
    {
        if (SystemCall() is not { } call)
            return;
        var wanted = new Attributes { Size = (uint)sizeof(Attributes), Runtime = SliceNanoseconds };
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
            _ = SetAttributes(call, int.Parse(Path.GetFileName(thread)), &wanted, 0); // refused: as it was
    }

    // sched_setattr(2), which has no wrapper in older libraries
    static long? SystemCall() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 314,
        Architecture.Arm64 => 274,
        _ => null,
    };

    /// <summary>struct sched_attr as of its first version; policy 0 is that of everybody, nice stays 0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct Attributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime;
        public ulong Deadline;
        public ulong Period;
    }

    [LibraryImport("libc.so.6", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial int SetAttributes(long call, int thread, Attributes* attributes, uint flags);
}
