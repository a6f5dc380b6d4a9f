using System.Globalization;
using System.Runtime.InteropServices;

namespace Islet.Isolates.Linux;

/// <summary>How the kernel chooses between threads: sched(7), sched_setattr(2). What it refuses stays as it was.</summary>
public static partial class Scheduling
{
    /// <summary>
    /// Who needs a processor often and not for long waits less for programs that compute when all ask for short turns (EEVDF: whose
    /// slice is over can be preempted; Linux 6.12 and later, elsewhere it changes nothing).
    /// </summary>
    const ulong SliceNanoseconds = 200_000;

    const uint SCHED_OTHER = 0;
    const uint SCHED_FIFO = 1;
    const uint SCHED_IDLE = 5;

    /// <summary>What the thread makes begins as others do.</summary>
    const ulong SCHED_FLAG_RESET_ON_FORK = 1;

    /// <summary>For all threads there are of this process, and the threads and processes they make. Nobody's nice value changes.</summary>
    public static void AskForShortTurns()
    {
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            var id = int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture);
            TakeTurns(id, NiceOf(id));
        }
    }

    /// <param name="thread">0 is this one.</param>
    internal static int NiceOf(int thread) => GetPriority(0, thread);

    /// <summary>Whether it is as <see cref="TakeTurns"/> makes it, but for the slice.</summary>
    internal static bool TakesTurns(int thread, int nice) => GetScheduler(thread) == SCHED_OTHER && NiceOf(thread) == nice;

    /// <summary>A thread that shares the processors by its nice value, in short turns.</summary>
    internal static void TakeTurns(int thread, int nice) =>
        Set(thread, new Attributes { Policy = SCHED_OTHER, Nice = nice, Runtime = SliceNanoseconds });

    /// <summary>A thread that runs whenever it can: for one that is watched, since nothing but such a thread runs before it.</summary>
    /// <returns>False: there is no right to it.</returns>
    internal static bool GoFirst(int thread) => Set(thread, new Attributes { Policy = SCHED_FIFO, Priority = 1, Flags = SCHED_FLAG_RESET_ON_FORK });

    /// <summary>A thread that runs when nobody else wants to.</summary>
    internal static void GoLast(int thread) => Set(thread, new Attributes { Policy = SCHED_IDLE });

    static unsafe bool Set(int thread, Attributes wanted)
    {
        // which has no wrapper in older libraries
        long? call = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 314,
            Architecture.Arm64 => 274,
            _ => null,
        };
        wanted.Size = (uint)sizeof(Attributes);
        return call is { } number && SetAttributes(number, thread, &wanted, 0) == 0;
    }

    /// <summary>struct sched_attr as of its first version.</summary>
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
    private static partial int GetPriority(int kind, int thread);

    [LibraryImport("libc.so.6", EntryPoint = "sched_getscheduler")]
    private static partial int GetScheduler(int thread);

    [LibraryImport("libc.so.6", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial int SetAttributes(long call, int thread, Attributes* attributes, uint flags);
}
