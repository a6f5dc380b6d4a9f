using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Builds;

/// <param name="Lock">The lock that pins what was resolved; null when nothing comes from outside.</param>
sealed record ResolvedModules(ModuleGraph Graph, byte[]? Lock);

/// <summary>
/// Resolves and fetches the module graph: one <c>deno info</c> in a builder jail. It parses, fetches and unpacks, but
/// runs nothing: no module, no lifecycle script. Its cache belongs to the organization.
/// </summary>
sealed class ResolveModules(IBuilderJail jail, ProvenPackages proven, IOptions<BuildsOptions> options)
{
    static readonly string[] Arguments =
        ["info", "--json", "--node-modules-dir=none", "--vendor=false", "--allow-import"];

    /// <param name="use">The builder's DENO_DIR, and a directory of this build inside it for its lock and configuration.</param>
    /// <exception cref="BuildFailure">The program cannot be resolved.</exception>
    public async Task<ResolvedModules> RunAsync(
        BuildTarget target, BuildSettings settings, ModuleCaches.Use use, ModuleDoor door, string doorPath, CancellationToken cancellation)
    {
        var (cache, work) = (use.Directory, use.Work);

        // 1 what the command finds in its cache directory: configuration and the user's lock
        var (inside, outside) = ($"{JailPaths.DenoDir}/{work}", Path.Combine(cache, work));
        Directory.CreateDirectory(outside);
        File.SetUnixFileMode(outside, (UnixFileMode)0b111_111_111);
        if (settings.ConfigFile is { } made)
            File.WriteAllBytes(Path.Combine(outside, BuildSettings.MadeConfig), made);
        var lockPath = Path.Combine(outside, "deno.lock");
        if (settings.UserLock is { } theirs)
        {
            File.WriteAllBytes(lockPath, theirs);
            File.SetUnixFileMode(lockPath, (UnixFileMode)0b110_110_110);
        }

        // 2 the command, its words into the build log
        using var opened = door.OpenFor(why => target.Log("error", $"Not fetched: {why}"));
        var lines = new List<string>();
        var result = await jail.RunAsync(
            new(
                target.Plan.Organization, target.Sources.Directory, cache,
                [.. Arguments, .. settings.Flags(inside), $"--lock={inside}/deno.lock", "--frozen=false", target.Plan.EntryPoint],
                Environment(), doorPath, options.Value.TimeLimit) { DiskLimit = options.Value.MaxUnpackedBytes },
            line => Hear(target, lines, line), cancellation);

        // 3 its answer
        use.Grew(result.Grew);
        if (result.End == BuilderEnd.TimeLimit)
            throw new BuildFailure("TIME_LIMIT The modules could not be resolved in time");
        if (result.End == BuilderEnd.MemoryLimit)
            throw new BuildFailure("MEMORY_LIMIT The module graph is too large");
        if (result.End == BuilderEnd.DiskLimit)
            throw new BuildFailure($"DISK_LIMIT The modules take more than {options.Value.MaxUnpackedBytes} bytes when they are unpacked");
        if (result.ExitCode != 0)
            throw new BuildFailure(lines.Count > 0 ? string.Join('\n', lines) : $"The module graph could not be resolved (exit code {result.ExitCode})");
        var graph = ModuleGraph.Parse(result.Stdout);
        graph.CheckStaticImports();
        var locked = graph.HasModulesFromOutside && File.Exists(lockPath) ? ReadLock(lockPath) : null;
        if (locked is not null)
            proven.Check(cache + ".integrity", locked);
        return new(graph, locked);
    }

    Dictionary<string, string> Environment()
    {
        const string proxy = "unix:" + BuilderJob.ProxyPath;
        return new(Registries()) { ["HTTP_PROXY"] = proxy, ["HTTPS_PROXY"] = proxy };
    }

    /// <summary>Variables that name the registries, in the build and for as long as the artifact runs.</summary>
    public Dictionary<string, string> Registries()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (options.Value.NpmRegistry is { } npm)
            environment["NPM_CONFIG_REGISTRY"] = npm;
        if (options.Value.JsrRegistry is { } jsr)
            environment["JSR_URL"] = jsr;
        return environment;
    }

    static void Hear(BuildTarget target, List<string> errors, string line)
    {
        if (line.StartsWith("Download ", StringComparison.Ordinal))
            target.Log("info", "Downloading " + line["Download ".Length..]);
        else if (line.Length > 0 && errors.Count < 100)
            errors.Add(line);
    }

    /// <summary>Written by a jailed process: never through a link, never without a bound.</summary>
    static byte[] ReadLock(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null || file.Length > 64 * 1024 * 1024)
            throw new BuildFailure("The lock file that was resolved is not usable");
        return File.ReadAllBytes(path);
    }
}
