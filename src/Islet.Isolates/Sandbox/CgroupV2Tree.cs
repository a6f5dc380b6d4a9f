using System.Globalization;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// The unified hierarchy (the kernel's cgroup-v2 document). Groups with processes cannot have limited children, so a server
/// that is alone in its group, as in a unit of systemd's with <c>Delegate=yes</c>, moves itself into a leaf of it. Where it
/// shares its group, as with the shell that started it, only root has another place: the hierarchy's root, the one group
/// where both may be.
/// </summary>
internal sealed class CgroupV2Tree(string parent) : ICgroupTree
{
    const string Mount = "/sys/fs/cgroup";
    const string Leaf = "islet-server";
    static readonly string[] Controllers = ["memory", "pids", "cpu"];

    readonly BurstCredits credits = new();

    /// <summary>Null when controllers are missing or not ours to write.</summary>
    public static CgroupV2Tree? TryOpen(string group) =>
        Array.Find<string?>([OwnGroup(), IsRoot(Mount) ? Mount : null], TryPrepare) is { } place ? new CgroupV2Tree(Path.Combine(place, group)) : null;

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
        credits.Add(directory, Path.Combine(directory, "cpu.stat"));
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

    // Null where the unified hierarchy is not there, or has no controllers because version 1 has them.
    static string? OwnGroup()
    {
        var path = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..].TrimStart('/');
        if (path is null || !File.Exists(Path.Combine(Mount, "cgroup.controllers")))
            return null;
        return Path.Combine(Mount, Path.GetFileName(path) is Leaf ? Path.GetDirectoryName(path)! : path);
    }

    static bool TryPrepare(string? place)
    {
        try
        {
            if (place is null || !Controllers.All(File.ReadAllText(Path.Combine(place, "cgroup.controllers")).Split((char[])[' ', '\n']).Contains))
                return false;
            if (!IsRoot(place) && !TryLeave(place))
                return false;
            Delegate(place);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Only the root of the whole hierarchy has no type: not that of a container.
    static bool IsRoot(string place) => File.Exists(Path.Combine(place, "cgroup.controllers")) && !File.Exists(Path.Combine(place, "cgroup.type"));

    static bool TryLeave(string place)
    {
        var self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (File.ReadLines(Path.Combine(place, "cgroup.procs")).Any(process => process != self))
            return false; // they would have to leave too, and are not ours to move
        var leaf = Directory.CreateDirectory(Path.Combine(place, Leaf)).FullName;
        File.WriteAllText(Path.Combine(leaf, "cgroup.procs"), self);
        return true;
    }

    static void Delegate(string directory) =>
        File.WriteAllText(Path.Combine(directory, "cgroup.subtree_control"), string.Join(' ', Controllers.Select(controller => "+" + controller)));
}
