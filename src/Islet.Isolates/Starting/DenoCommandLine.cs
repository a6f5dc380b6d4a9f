using Islet.Contracts;
using Islet.Isolates.Sandbox;

namespace Islet.Isolates.Starting;

/// <summary>
/// <c>deno run</c> for a deployment. Permissions are the innermost wall: read the program, its own packages and
/// <c>/tmp</c>, network, environment; no writing, running or foreign functions, as programs know it from Deno Deploy.
/// </summary>
internal static class DenoCommandLine
{
    // What Node frameworks ask of node:os while they load (fastify: hostname). All of it is the jail's; what would tell
    // about the host (cpus, load, memory, kernel release) stays refused.
    const string Sys = "--allow-sys=hostname,homedir,uid,gid";

    public static List<string> Of(IsolateSpec spec, ICollection<string> withoutWalls) =>
    [
        "run", "--no-prompt", "--cached-only", "--no-check", "--node-modules-dir=none",
        .. spec.Artifact.RunFlags,
        .. spec.Crons ? ["--unstable-cron"] : Array.Empty<string>(),
        .. withoutWalls.Contains(Walls.DenoPermissions) ? ["-A"] : Permissions(spec, withoutWalls.Contains(Walls.DenoNet) ? null : spec.Net),
        .. Preludes.Of(spec).Select(module => $"--preload=file://{module}"),
        spec.Artifact.EntryPoint,
    ];

    static string[] Permissions(IsolateSpec spec, IReadOnlyList<string>? net) =>
    [
        "--allow-env",
        Net(spec.Database is not null, net),
        $"--allow-read={JailPaths.Source},{JailPaths.DenoDir}/npm,/tmp,{JailPaths.ServeSocket}",
        $"--allow-write={JailPaths.ServeSocket}",
        Sys,
    ];

    // The program's own server needs the socket by name as soon as the list is not "all".
    static string Net(bool hasDatabase, IReadOnlyList<string>? hosts)
    {
        if (hosts is null || hosts.Contains("*", StringComparer.Ordinal))
            return "--allow-net"; // Deno has no word for every host in a list
        var own = "unix:" + JailPaths.ServeSocket + (hasDatabase ? "," + SlotDatabase.Hosts : "");
        return "--allow-net=" + string.Join(',', hosts.Where(host => host.Length > 0 && !host.Contains(',', StringComparison.Ordinal)).Append(own));
    }
}
