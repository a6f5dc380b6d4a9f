using System.Globalization;
using System.Runtime.InteropServices;

namespace Islet.Isolates.Linux;

/// <summary>How the kernel chooses between threads: sched(7), sched_setattr(2). What it refuses stays as it was.</summary>
public static partial class Scheduling
{
    /// <summary>
    /// Nanoseconds (EEVDF, Linux 6.12; elsewhere they change nothing). Who wakes preempts at once who has longer turns; otherwise it may
    /// wait for the kernel's next tick. So the server's work that is not in a hurry has longer ones than programs have.
    /// </summary>
    const ulong Short = 200_000, OfPrograms = 500_000, Long = 3_000_000;

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

    /// <summary>A thread that shares the processors by its nice value, in short turns.</summary>
    internal static void TakeTurns(int thread, int nice) => Set(thread, new Attributes { Policy = SCHED_OTHER, Nice = nice, Runtime = Short });

    /// <summary>The same in long turns. Does nothing when it does so already.</summary>
    internal static unsafe void TakeLongTurns(int thread, int nice)
    {
        var now = new Attributes();
        if (GetCall is { } number && GetAttributes(number, thread, &now, (uint)sizeof(Attributes), 0) == 0
            && (now.Policy, now.Nice) == (SCHED_OTHER, nice) && now.Runtime is 0 or Long)
            return;
        Set(thread, new Attributes { Policy = SCHED_OTHER, Nice = nice, Runtime = Long });
    }

    /// <summary>A program's main thread, which answers requests. Threads that it makes have the kernel's own turns, which are longer.</summary>
    internal static void TakeTurnsOfPrograms(int thread) =>
        Set(thread, new Attributes { Policy = SCHED_OTHER, Nice = NiceOf(thread), Runtime = OfPrograms, Flags = SCHED_FLAG_RESET_ON_FORK });

    /// <summary>A thread that runs whenever it can: for one that is watched, since nothing but such a thread runs before it.</summary>
    /// <returns>False: there is no right to it.</returns>
    internal static bool GoFirst(int thread) => Set(thread, new Attributes { Policy = SCHED_FIFO, Priority = 1, Flags = SCHED_FLAG_RESET_ON_FORK });

    /// <summary>A thread that runs when nobody else wants to.</summary>
    internal static void GoLast(int thread) => Set(thread, new Attributes { Policy = SCHED_IDLE });

    static unsafe bool Set(int thread, Attributes wanted)
    {
        wanted.Size = (uint)sizeof(Attributes);
        return SetCall is { } number && SetAttributes(number, thread, &wanted, 0) == 0;
    }

    // Both have no wrapper in older libraries.
    static long? SetCall => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 314,
        Architecture.Arm64 => 274,
        _ => null,
    };

    static long? GetCall => SetCall + 1;

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

    [LibraryImport("libc.so.6", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial int SetAttributes(long call, int thread, Attributes* attributes, uint flags);

    [LibraryImport("libc.so.6", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial int GetAttributes(long call, int thread, Attributes* attributes, uint size, uint flags);
}
