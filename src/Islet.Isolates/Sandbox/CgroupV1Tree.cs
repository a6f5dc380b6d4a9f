using System.Globalization;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// Separate hierarchies for memory, pids and cpu (the kernel's cgroup-v1 documents), and for cpuacct where there is one: it
/// only counts. Mounted together with cpu, the two are one directory by two names.
/// </summary>
internal sealed class CgroupV1Tree(string mount, string group, bool counting) : ICgroupTree
{
    const string Counter = "cpuacct";
    static readonly string[] Needed = ["memory", "pids", "cpu"];

    string[] Controllers => counting ? [.. Needed, Counter] : Needed;

    /// <summary>Null when a hierarchy is missing or not ours to write.</summary>
    public static CgroupV1Tree? TryOpen(string group)
    {
        const string Mount = "/sys/fs/cgroup";
        try
        {
            foreach (var controller in Needed)
            {
                if (!File.Exists(Path.Combine(Mount, controller, "cgroup.procs")))
                    return null;
                Directory.CreateDirectory(Path.Combine(Mount, controller, group));
            }
            return new CgroupV1Tree(Mount, group, TryCount(Mount, group));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static bool TryCount(string mount, string group)
    {
        try
        {
            var root = Path.Combine(mount, Counter);
            return File.Exists(Path.Combine(root, "cpuacct.usage")) && Directory.CreateDirectory(Path.Combine(root, group)).Exists;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false; // then there is no limit of processor time, all others hold
        }
    }

    public Cgroup Create(string name, ResourceLimits limits)
    {
        var directories = Controllers.Select(controller => Path.Combine(mount, controller, group, name)).ToList();
        foreach (var directory in directories)
            Directory.CreateDirectory(directory);
        var (memory, pids, cpu) = (directories[0], directories[1], directories[2]);
        var bytes = CgroupFile.WholePages(limits.Memory).ToString(CultureInfo.InvariantCulture);

        // A new group has no limit, so the smaller of the two comes first: memory, then memory + swap.
        CgroupFile.Set(memory, "memory.limit_in_bytes", bytes);
        if (File.Exists(Path.Combine(memory, "memory.memsw.limit_in_bytes")))
            CgroupFile.Set(memory, "memory.memsw.limit_in_bytes", bytes);
        CgroupFile.Set(pids, "pids.max", limits.Pids.ToString(CultureInfo.InvariantCulture));
        CgroupFile.Set(cpu, "cpu.cfs_period_us", "100000");
        CgroupFile.Set(cpu, "cpu.cfs_quota_us", ((long)(limits.Cpu * 100_000)).ToString(CultureInfo.InvariantCulture));
        return new Cgroup(directories, Path.Combine(memory, "memory.oom_control"), counting ? Path.Combine(directories[^1], "cpuacct.usage") : null);
    }

    public void Sweep()
    {
        var names = Controllers
            .Select(controller => Path.Combine(mount, controller, group))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories)
            .Select(directory => Path.GetFileName(directory))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        foreach (var name in names)
        {
            var left = new Cgroup([.. Controllers.Select(controller => Path.Combine(mount, controller, group, name))], "/dev/null");
            for (var attempt = 0; attempt < 200 && !left.TryRemove(); attempt++)
            {
                left.KillAll();
                Thread.Sleep(10); // at start and stop only, nobody waits for requests then
            }
        }
        _ = new Cgroup([.. Controllers.Select(controller => Path.Combine(mount, controller, group))], "/dev/null").TryRemove();
    }
}
