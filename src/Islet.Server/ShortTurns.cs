using System.Globalization;
using System.Runtime.InteropServices;

namespace Islet.Server;

/// <summary>
/// The server and its isolates ask the kernel for short turns: who needs a processor often and not for long then waits less
/// for programs that compute (sched(7), EEVDF: whose slice is over can be preempted; Linux 6.12 and later, elsewhere it
/// changes nothing).
/// </summary>
static partial class ShortTurns
{
    const ulong SliceNanoseconds = 200_000;

    /// <summary>For all threads there are, and the threads and processes they make. Nobody's nice value changes.</summary>
    public static unsafe void Ask()
    {
        if (SystemCall() is not { } call)
            return;
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            var id = int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture);
            var wanted = new Attributes { Size = (uint)sizeof(Attributes), Nice = NiceOf(0, id), Runtime = SliceNanoseconds };
            _ = SetAttributes(call, id, &wanted, 0); // refused: as it was
        }
    }

    // sched_setattr(2), which has no wrapper in older libraries
    static long? SystemCall() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 314,
        Architecture.Arm64 => 274,
        _ => null,
    };

    /// <summary>struct sched_attr as of its first version; policy 0 is that of everybody.</summary>
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

    [LibraryImport("libc.so.6", EntryPoint = "getpriority")]
    private static partial int NiceOf(int kind, int thread);

    [LibraryImport("libc.so.6", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial int SetAttributes(long call, int thread, Attributes* attributes, uint flags);
}
