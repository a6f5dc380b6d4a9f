using System.Globalization;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// Separate hierarchies for memory, pids and cpu (the kernel's cgroup-v1 documents), and for cpuacct where there is one: it
/// only counts. Mounted together with cpu, the two are one directory by two names. For the processor all groups stand in the
/// root, beside the server's threads: of groups within a group only those of it could be preferred (<see cref="BurstCredits"/>),
/// and its share on one processor would be small where it computes on another.
/// </summary>
internal sealed class CgroupV1Tree(string mount, string group, bool counting) : ICgroupTree
{
    const string Counter = "cpuacct";
    static readonly string[] Needed = ["memory", "pids", "cpu"];

    readonly BurstCredits credits = new();

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
        var directories = Controllers.Select(controller => PlaceOf(controller, name)).ToList();
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
        var usage = counting ? Path.Combine(directories[^1], "cpuacct.usage") : null;
        if (usage is not null)
            credits.Add(cpu, usage);
        return new Cgroup(directories, Path.Combine(memory, "memory.oom_control"), usage);
    }

    string PlaceOf(string controller, string name) =>
        IsFlat(controller) ? Path.Combine(mount, controller, $"{group}-{name}") : Path.Combine(mount, controller, group, name);

    static bool IsFlat(string controller) => controller is "cpu" or Counter;

    // Its groups' names, of jails that are there or were left.
    IEnumerable<string> NamesIn(string controller)
    {
        var root = Path.Combine(mount, controller);
        if (IsFlat(controller))
            return Directory.EnumerateDirectories(root, group + "-*").Select(directory => Path.GetFileName(directory)[(group.Length + 1)..]);
        return Directory.Exists(Path.Combine(root, group)) ? Directory.EnumerateDirectories(Path.Combine(root, group)).Select(directory => Path.GetFileName(directory)) : [];
    }

    public void Sweep()
    {
        var names = Controllers.SelectMany(NamesIn).Distinct(StringComparer.Ordinal).ToList();
        foreach (var name in names)
        {
            var left = new Cgroup([.. Controllers.Select(controller => PlaceOf(controller, name))], "/dev/null");
            for (var attempt = 0; attempt < 200 && !left.TryRemove(); attempt++)
            {
                left.KillAll();
                Thread.Sleep(10); // at start and stop only, nobody waits for requests then
            }
        }
        _ = new Cgroup([.. Controllers.Select(controller => Path.Combine(mount, controller, group))], "/dev/null").TryRemove();
    }
}
