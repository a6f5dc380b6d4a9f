using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;

namespace Islet.Isolates.Starting;

/// <summary>What an exit code means.</summary>
internal static class ExitCodes
{
    /// <summary>Killed by the kernel for its cgroup, or V8 gave up on its heap (it ends itself with SIGTRAP).</summary>
    public static bool IsMemoryLimit(JailedProcess process, int code) =>
        code == -Libc.SIGTRAP || (code != 0 && process.MemoryLimitHit());

    public static ShutdownReason ReasonOf(JailedProcess process, int code) =>
        IsMemoryLimit(process, code) ? ShutdownReason.MemoryLimit : code == 0 ? ShutdownReason.Exited : ShutdownReason.Crashed;
}
