using System.Globalization;
using System.Text;
using Islet.Isolates.Linux;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// bubblewrap: all namespaces, no capabilities, no new privileges, a read-only root with nothing in it but Deno, the
/// system call filter, and death with the server. As root each jail has a user id of its own, dropped to before bwrap.
/// </summary>
internal sealed class BubblewrapSandbox(
    Spawner spawner, DenoRuntime deno, JailTools tools, PrivateMounts? mounts, ICgroupTree? cgroups, EndOrphans orphans, int? uidBase, RunDirectory run, string data, JailStatus status) : ISandbox
{
    const string DenoInside = "/usr/bin/deno";

    // First the limits (0 is who writes), then the program. PWD is the server's, and the inside can read the environment of
    // bwrap.
    const string EnterScript = "ulimit -c 0; unset PWD; while [ \"$1\" != -- ]; do echo 0 > \"$1\" || exit 125; shift; done; shift; exec \"$@\"";

    readonly Dictionary<string, string> outerEnvironment = new(StringComparer.Ordinal)
    {
        ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
        [EndOrphans.Variable] = orphans.Mark,
    };

    public JailStatus Status => status;

    /// <summary>Null where this process has not the rights for them.</summary>
    public PrivateMounts? Mounts => mounts;

    readonly string filter = run.Boot("seccomp.bpf");

    public uint? UidOf(int number) => uidBase is { } first ? (uint)(first + number) : null;

    public string Inside(JailPlan plan, string text) => text;

    public string Said(JailPlan plan, string text) => text;

    public bool HasNetworks { get; init; }

    public async ValueTask FillAsync(string root, IReadOnlyList<(string Tree, string Directory)> trees)
    {
        if (mounts is null)
        {
            foreach (var (tree, directory) in trees)
                LinkTree.Run(Path.Combine(root, tree), directory);
            return;
        }
        await spawner.OnThreadAsync(() =>
        {
            foreach (var (tree, directory) in trees)
                mounts.Cover(directory, root, tree);
            return true;
        });
    }

    public async ValueTask<string> BoundAsync(string directory) =>
        mounts is null ? directory : await spawner.OnThreadAsync(() => mounts.CoverSmall(directory));

    public async ValueTask EmptyAsync(IReadOnlyList<string> directories)
    {
        if (mounts is not null)
            await spawner.OnThreadAsync(() =>
            {
                foreach (var directory in directories)
                    mounts.Uncover(directory);
                return true;
            });
    }

    public async ValueTask WriteAsync(JailPlan plan, JailedProcess process, string inside, IReadOnlyList<(string Name, byte[] Content)> files)
    {
        var write = process.WriteFiles(inside, files);
        if (UidOf(plan.Number) is not { } uid)
        {
            write();
            return;
        }

        // Root has no name in the jail's user namespace, so a file of root cannot be made there (EOVERFLOW): write as its user.
        await spawner.OnThreadAsync(() =>
        {
            _ = Libc.SetFsGid(uid);
            _ = Libc.SetFsUid(uid);
            try
            {
                write();
            }
            finally
            {
                _ = Libc.SetFsUid(0);
                _ = Libc.SetFsGid(0);
            }
            return true;
        });
    }

    public async ValueTask ResizeAsync(JailedProcess process, string inside, long bytes)
    {
        if (mounts is not null)
            await spawner.OnThreadAsync(() =>
            {
                TmpfsSize.Set(process.PlaceOf(inside), bytes);
                return true;
            });
    }

    public async Task<JailedProcess> StartAsync(JailPlan plan, SlotNetwork? network)
    {
        var cgroup = cgroups?.Create(plan.Name, plan.Limits);
        var bound = new List<string>();
        try
        {
            var child = await spawner.OnThreadAsync(() => spawner.Start(new SpawnRequest(
                [.. Outer(plan, cgroup), tools.Bubblewrap, "--args", "4", "--", DenoInside, .. plan.Arguments],
                outerEnvironment, null, [new(filter, Write: false)], WallArguments(plan, bound, network is null)) { Network = network?.Namespace }));
            return new JailedProcess(
                child, cgroup, _ => null, () => UnbindAsync(bound), plan.Limits, fenced: true);
        }
        catch
        {
            if (cgroup is not null)
                await cgroup.RemoveAsync();
            await UnbindAsync(bound);
            throw;
        }
    }

    public void Sweep() => cgroups?.Sweep();

    string[] Outer(JailPlan plan, Cgroup? cgroup)
    {
        string[] enter = ["/bin/sh", "-c", EnterScript, "islet", .. cgroup?.ProcsFiles ?? [], "--"];
        if (tools.SetPriv is not { } setPriv)
            return enter;
        if (UidOf(plan.Number) is not { } uid)
            return [.. enter, setPriv, "--inh-caps", "-all", "--ambient-caps", "-all", "--no-new-privs"]; // bwrap wants all rights or none
        var id = uid.ToString(CultureInfo.InvariantCulture);
        return [.. enter, setPriv, "--reuid", id, "--regid", id, "--clear-groups", "--no-new-privs"];
    }

    // By a descriptor and not on the command line: the inside can see bwrap's, and host paths are none of its business.
    byte[] WallArguments(JailPlan plan, List<string> bound, bool alone)
    {
        List<string> words = ["--ro-bind", mounts?.Deno ?? deno.Path, DenoInside];
        foreach (var file in deno.Libraries)
            words.AddRange(["--ro-bind", file, file]);
        if (deno.Certificates is { } certificates)
            words.AddRange(["--ro-bind", certificates, certificates]);
        words.AddRange(["--ro-bind", Visible(run.Boot("hosts"), bound), "/etc/hosts", "--dev", "/dev", "--proc", "/proc"]);
        foreach (var mount in plan.Mounts)
        {
            if (mount.Host is null)
                words.AddRange(["--perms", "0700", "--size", mount.Size.ToString(CultureInfo.InvariantCulture), "--tmpfs", mount.Inside]);
            else
                words.AddRange([mount.Writable ? "--bind" : "--ro-bind", mount.BelowData ? VisibleBelow(mount.Host, bound) : Visible(mount.Host, bound), mount.Inside]);
        }
        words.AddRange(["--remount-ro", "/dev", "--remount-ro", "/", "--clearenv"]);
        foreach (var (name, value) in plan.Environment)
            words.AddRange(["--setenv", name, value]);
        words.AddRange(
        [
            "--chdir", plan.WorkingDirectory,
            "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", .. alone ? (string[])["--unshare-net"] : [], "--unshare-cgroup-try", "--disable-userns",
            "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "islet",
            "--seccomp", "3",
        ]);
        return Encoding.UTF8.GetBytes(string.Concat(words.Select(word => word + "\0")));
    }

    // On the spawner's thread.
    string Visible(string host, List<string> bound)
    {
        if (mounts is null)
            return host;
        if (mounts.Known(host) is { } known)
            return known;
        var target = mounts.Bind(host);
        bound.Add(target);
        return target;
    }

    string VisibleBelow(string relative, List<string> bound)
    {
        if (mounts is null)
            return Path.Combine(data, relative);
        var target = mounts.BindBelow(data, relative);
        bound.Add(target);
        return target;
    }

    async ValueTask UnbindAsync(List<string> bound)
    {
        if (bound.Count > 0)
            await spawner.OnThreadAsync(() =>
            {
                bound.ForEach(PrivateMounts.Release);
                return true;
            });
    }
}
