using System.Security.Cryptography;
using System.Text;
using Islet.Contracts;
using Islet.Isolates.Jailing;
using Islet.Isolates.Linux;
using Microsoft.Extensions.Logging;

namespace Islet.Isolates.Sandbox;

/// <summary>Finds the strongest fence of this machine by starting something behind it, from strong to weak.</summary>
internal sealed partial class ChooseSandbox(IsolatesOptions options, Spawner spawner, EndOrphans orphans, OwnThread networks, RunDirectory run, ILogger logger)
{
    static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(20);

    /// <exception cref="JailUnavailableException">None works and running without was not allowed.</exception>
    public async Task<ISandbox> RunAsync(CancellationToken cancellation)
    {
        var deno = DenoRuntime.Find(options.DenoPath);
        var failures = new List<string>();
        foreach (var level in (JailLevel[])[JailLevel.Full, JailLevel.UserNamespace])
        {
            ISandbox? sandbox = null;
            try
            {
                sandbox = await MakeAsync(level, deno);
                sandbox.Sweep();
                await ProbeAsync(sandbox, cancellation);
                Log.Chosen(logger, sandbox.Status.Summary);
                return sandbox;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                sandbox?.Sweep();
                failures.Add($"{level}: {failure.Message}");
                Log.NotPossible(logger, level, failure.Message);
            }
        }
        if (!options.AllowNoJail)
            throw new JailUnavailableException(
                "No jail can be made on this machine, so programs of strangers would run unfenced. Install bubblewrap 0.8 or newer and libseccomp2 "
                + "and run as root or where user namespaces are allowed; or, for programs you trust only, start with --unsafe-no-jail. "
                + string.Join(" ", failures));
        var bare = new UnfencedSandbox(spawner, deno, new JailStatus(JailLevel.None, false, "NO JAIL: programs are held by Deno's permissions only. Do not run programs of strangers."));
        await ProbeAsync(bare, cancellation);
        Log.NoJail(logger);
        return bare;
    }

    /// <summary>One name per data directory, so that the next server finds what this one left.</summary>
    internal static string GroupOf(string runDirectory) => "islet-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(runDirectory)))[..12];

    async Task<ISandbox> MakeAsync(JailLevel level, DenoRuntime deno)
    {
        var bubblewrap = JailTools.Find("bwrap") ?? throw new IOException("bubblewrap (bwrap) is not installed.");
        var setPriv = level == JailLevel.UserNamespace && !IsOwnUserNamespace() ? null
            : level == JailLevel.Full && !IsRealRoot() ? throw new IOException("not root.")
            : JailTools.Find("setpriv") ?? throw new IOException("setpriv (util-linux) is not installed.");
        SeccompFilter.Write(run.Boot("seccomp.bpf"), open: options.WithoutWalls.Contains(Walls.Seccomp));
        File.SetUnixFileMode(run.Boot("seccomp.bpf"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var group = GroupOf(run.Path);
        ICgroupTree? cgroups = CgroupV2Tree.TryOpen(group) ?? (ICgroupTree?)CgroupV1Tree.TryOpen(group);
        var limits = cgroups is null ? "soft memory limit (no cgroup can be written)" : "cgroup limits";

        // The same capabilities make both: those of root, or those inside of a user namespace of our own.
        var mounts = level == JailLevel.Full || IsOwnUserNamespace() ? await spawner.OnThreadAsync(() => PrivateMounts.Enter(run.Path, deno.Path)) : null;
        var noNetwork = mounts is null ? "without the rights for it" : await NoNetworkAsync();
        var walls = level == JailLevel.Full ? "full jail: own user per slot, namespaces, system call filter" : "user namespaces without root";
        return new BubblewrapSandbox(
            spawner, deno, new JailTools(bubblewrap, setPriv), mounts, cgroups, orphans, level == JailLevel.Full ? options.UidBase : null, run, options.DataDirectory,
            new JailStatus(level, cgroups is not null, $"{walls}, {limits}{(noNetwork is null ? "" : $"; NO NETWORK for programs: {noNetwork}")}"))
        {
            HasNetworks = noNetwork is null,
        };
    }

    /// <summary>Null when slots can have a network of their own; else why not, in a few words.</summary>
    async Task<string?> NoNetworkAsync()
    {
        try
        {
            (await networks.RunAsync(() => SlotNetwork.Make(spawner.Home))).Dispose();
            return null;
        }
        catch (DllNotFoundException)
        {
            return "nftables is not installed";
        }
        catch (IOException failure)
        {
            return failure.Message;
        }
    }

    // In a user namespace root may be anybody: the map of the first one is the identity.
    public static bool IsRealRoot() => Libc.GetEUid() == 0 && File.ReadAllText("/proc/self/uid_map").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries) is ["0", "0", "4294967295"];

    public static bool IsOwnUserNamespace() => string.Equals(Environment.GetEnvironmentVariable(JailerProcess.OwnUserNamespace), "1", StringComparison.Ordinal);

    async Task ProbeAsync(ISandbox sandbox, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(ProbeLimit);
        var scratch = Directory.CreateDirectory(Path.Combine(run.Slots, "probe")).FullName;
        var plan = new JailPlan(
            "probe", 0, scratch, [JailMount.Tmpfs("/tmp", options.TmpSize), JailMount.Tmpfs(JailPaths.DenoDir, 32 << 20)],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = "/tmp", ["DENO_DIR"] = JailPaths.DenoDir, ["NO_COLOR"] = "1", },
            "/tmp", ["--version"], new ResourceLimits(options.MemoryLimit, options.PidsLimit, options.CpuQuota));
        var process = await sandbox.StartAsync(plan, null);
        try
        {
            var output = ReadTextAsync(process.Output, deadline.Token);
            var error = ReadTextAsync(process.Error, deadline.Token);
            var code = await process.Exited.WaitAsync(deadline.Token);
            if (code != 0 || !(await output).StartsWith("deno ", StringComparison.Ordinal))
                throw new IOException($"the probe ended with {code}: {(await error).Trim()}");
        }
        finally
        {
            process.Kill();
            await process.DisposeAsync();
            Directory.Delete(scratch, recursive: true);
        }
    }

    static async Task<string> ReadTextAsync(System.Net.Sockets.Socket socket, CancellationToken cancellation)
    {
        using (socket)
        {
            var buffer = new byte[4096];
            var used = 0;
            while (used < buffer.Length && await socket.ReceiveOnPoolAsync(buffer.AsMemory(used), cancellation) is var count and > 0)
                used += count;
            return Encoding.UTF8.GetString(buffer, 0, used);
        }
    }

    static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Information, "Jail chosen: {Summary}")]
        public static partial void Chosen(ILogger logger, string summary);

        [LoggerMessage(4002, LogLevel.Warning, "Jail level {Level} is not possible here: {Reason}")]
        public static partial void NotPossible(ILogger logger, JailLevel level, string reason);

        [LoggerMessage(4003, LogLevel.Critical, "NO JAIL: isolates are held by Deno's permissions only. Run only programs you trust.")]
        public static partial void NoJail(ILogger logger);
    }
}
