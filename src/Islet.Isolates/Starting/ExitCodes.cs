using Islet.Contracts;
using Islet.Isolates.Jailing;
using Islet.Isolates.Linux;

namespace Islet.Isolates.Starting;

/// <summary>What an exit code means.</summary>
internal static class ExitCodes
{
    /// <summary>Killed by the kernel for its cgroup, or V8 gave up on its heap (it ends itself with SIGTRAP).</summary>
    public static bool IsMemoryLimit(JailEnd end) => end.Code == -Libc.SIGTRAP || (end.Code != 0 && end.OutOfMemory);

    public static ShutdownReason ReasonOf(JailEnd end) =>
        IsMemoryLimit(end) ? ShutdownReason.MemoryLimit : end.Code == 0 ? ShutdownReason.Exited : ShutdownReason.Crashed;
}
