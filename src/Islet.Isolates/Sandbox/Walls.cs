namespace Islet.Isolates.Sandbox;

/// <summary>Walls that can be left out one by one. Only the self test does, on a machine of its own making.</summary>
public static class Walls
{
    /// <summary>Deno's permissions: programs run with all of them.</summary>
    public const string DenoPermissions = "deno-permissions";

    /// <summary>Deno's list of hosts alone.</summary>
    public const string DenoNet = "deno-net";

    /// <summary>The filter of system calls: one that allows everything is loaded instead.</summary>
    public const string Seccomp = "seccomp";

    public static readonly IReadOnlySet<string> All = new HashSet<string>(StringComparer.Ordinal) { DenoPermissions, DenoNet, Seccomp };
}
