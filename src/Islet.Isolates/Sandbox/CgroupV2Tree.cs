using System.Globalization;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// The unified hierarchy (the kernel's cgroup-v2 document), below this server's own group: it must be delegated
/// (systemd: <c>Delegate=yes</c>). Groups with processes cannot have limited children, so the server moves itself into a leaf.
/// </summary>
internal sealed class CgroupV2Tree(string parent) : ICgroupTree
{
    const string Mount = "/sys/fs/cgroup";
    static readonly string[] Controllers = ["memory", "pids", "cpu"];

    /// <summary>Null when controllers are missing or not delegated to us.</summary>
    public static CgroupV2Tree? TryOpen(string group)
    {
        try
        {
            var line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal));
            if (line is null || !File.Exists(Path.Combine(Mount, "cgroup.controllers")))
                return null;
            var own = Path.Combine(Mount, line[3..].TrimStart('/'));
            if (string.Equals(Path.GetFileName(own), "islet-server", StringComparison.Ordinal))
                own = Path.GetDirectoryName(own)!;
            var available = File.ReadAllText(Path.Combine(own, "cgroup.controllers")).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            if (!Controllers.All(available.Contains))
                return null;

            var leaf = Directory.CreateDirectory(Path.Combine(own, "islet-server")).FullName;
            File.WriteAllText(Path.Combine(leaf, "cgroup.procs"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            Delegate(own);
            return new CgroupV2Tree(Path.Combine(own, group));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public Cgroup Create(string name, ResourceLimits limits)
    {
        if (!Directory.Exists(parent))
        {
            Directory.CreateDirectory(parent);
            Delegate(parent);
        }
        var directory = Directory.CreateDirectory(Path.Combine(parent, name)).FullName;
        CgroupFile.Set(directory, "memory.max", CgroupFile.WholePages(limits.Memory).ToString(CultureInfo.InvariantCulture));
        if (File.Exists(Path.Combine(directory, "memory.swap.max")))
            CgroupFile.Set(directory, "memory.swap.max", "0");
        CgroupFile.Set(directory, "memory.oom.group", "1");
        CgroupFile.Set(directory, "pids.max", limits.Pids.ToString(CultureInfo.InvariantCulture));
        CgroupFile.Set(directory, "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{(long)(limits.Cpu * 100_000)} 100000"));
        return new Cgroup([directory], Path.Combine(directory, "memory.events"), Path.Combine(directory, "cpu.stat"));
    }

    public void Sweep()
    {
        if (!Directory.Exists(parent))
            return;
        foreach (var directory in Directory.EnumerateDirectories(parent))
        {
            var left = new Cgroup([directory], Path.Combine(directory, "memory.events"));
            for (var attempt = 0; attempt < 200 && !left.TryRemove(); attempt++)
            {
                left.KillAll();
                Thread.Sleep(10); // at start and stop only, nobody waits for requests then
            }
        }
        _ = new Cgroup([parent], "/dev/null").TryRemove();
    }

    static void Delegate(string directory) =>
        File.WriteAllText(Path.Combine(directory, "cgroup.subtree_control"), string.Join(' ', Controllers.Select(controller => "+" + controller)));
}
