namespace Islet.Contracts;

/// <summary>
/// Runs one Deno command of a build in a jail: no tenant code runs in it by construction of the command, yet the input
/// is hostile, so it has the walls of a slot. No network but the checked door <see cref="BuilderJob.ProxySocket"/>.
/// </summary>
public interface IBuilderJail
{
    /// <summary>
    /// Runs to the end or to one of the job's limits. Each line of stderr is handed to
    /// <paramref name="onStderrLine"/> as it comes (bounded length); stdout is returned whole, cut at 64 MiB.
    /// </summary>
    Task<BuilderResult> RunAsync(BuilderJob job, Action<string> onStderrLine, CancellationToken cancellation);

    /// <summary>
    /// Makes what builders wrote the server's own: no later build can change it, and it can be linked into artifacts.
    /// </summary>
    /// <param name="paths">Files and whole directories below <paramref name="denoDirectory"/>; what is missing is left out.</param>
    Task SealAsync(string denoDirectory, IReadOnlyList<string> paths);

    /// <summary>Empties a directory of what builders own in it, so that the server can remove the rest.</summary>
    Task DiscardAsync(string denoDirectory);
}

/// <param name="SourceDirectory">Host path that appears read-only at <see cref="JailPaths.Source"/>.</param>
/// <param name="DenoDirectory">Host path that appears read-write at <see cref="JailPaths.DenoDir"/>.</param>
/// <param name="Arguments">Arguments of <c>deno</c>.</param>
/// <param name="Environment">Variables beside the jail's own (HOME, DENO_DIR, NO_COLOR).</param>
/// <param name="ProxySocket">Host path of a Unix socket that appears at <see cref="ProxyPath"/>; null: none, no network at all.</param>
public sealed record BuilderJob(
    OrganizationId Organization,
    string SourceDirectory,
    string DenoDirectory,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string? ProxySocket,
    TimeSpan TimeLimit)
{
    /// <summary>Where the job finds its proxy.</summary>
    public const string ProxyPath = "/run/islet/proxy.sock";

    /// <summary>Bytes that the job may add to <see cref="DenoDirectory"/>; beyond them it is killed.</summary>
    public long DiskLimit { get; init; } = long.MaxValue;
}

/// <param name="ExitCode">Exit code, or minus the signal's number.</param>
/// <param name="Grew">Bytes by which the disk of the cache got fuller meanwhile, whoever wrote them.</param>
public sealed record BuilderResult(int ExitCode, byte[] Stdout, BuilderEnd End, long Grew = 0);

public enum BuilderEnd
{
    Exited,
    TimeLimit,
    MemoryLimit,
    DiskLimit,
}
