using System.Globalization;
using Islet.Isolates.Linux;

namespace Islet.Isolates.Sandbox;

/// <summary>The group of one jail: one directory in version 2, one per controller in version 1.</summary>
internal sealed class Cgroup(IReadOnlyList<string> directories, string memoryEvents, string? cpuUsageFile = null)
{
    /// <summary>Processor time of all that ran in it: <c>cpuacct.usage</c> or <c>cpu.stat</c>; null where the kernel does not count.</summary>
    public string? CpuUsageFile => cpuUsageFile;

    /// <summary><c>memory.stat</c>; null where the kernel does not count processor time either, so that both are known or none.</summary>
    public string? MemoryStatFile => cpuUsageFile is null ? null : Path.Combine(Path.GetDirectoryName(memoryEvents)!, "memory.stat");

    /// <summary>A process writes its own number into each of these, then executes what it is for.</summary>
    public IEnumerable<string> ProcsFiles => directories.Select(directory => Path.Combine(directory, "cgroup.procs"));

    /// <summary>Whether the kernel killed something in it for memory: <c>oom_kill</c> of memory.oom_control or memory.events.</summary>
    public bool OutOfMemory()
    {
        try
        {
            foreach (var line in File.ReadLines(memoryEvents))
                if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan(9), CultureInfo.InvariantCulture) > 0;
        }
        catch (IOException)
        {
            // Removed meanwhile: nobody asks any more.
        }
        return false;
    }

    /// <summary>Sets a memory limit below the present one. What is in there may have to give pages back: not on a thread that others wait for.</summary>
    /// <exception cref="IOException">More than that is in use and cannot be taken back (version 1).</exception>
    public void LowerMemory(long bytes)
    {
        var directory = Path.GetDirectoryName(memoryEvents)!;
        var pages = CgroupFile.WholePages(bytes).ToString(CultureInfo.InvariantCulture);
        if (File.Exists(Path.Combine(directory, "memory.max")))
        {
            CgroupFile.Set(directory, "memory.max", pages);
            return;
        }
        CgroupFile.Set(directory, "memory.limit_in_bytes", pages); // never above memory + swap, so it goes down first
        if (File.Exists(Path.Combine(directory, "memory.memsw.limit_in_bytes")))
            CgroupFile.Set(directory, "memory.memsw.limit_in_bytes", pages);
    }

    /// <summary>Atomic with version 2; else process by process until none is left (no fork is possible inside).</summary>
    public void KillAll()
    {
        Hurry();
        var atomic = Path.Combine(directories[0], "cgroup.kill");
        if (File.Exists(atomic))
        {
            try
            {
                File.WriteAllText(atomic, "1");
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException && !File.Exists(atomic))
            {
                // Removed meanwhile.
            }
            return;
        }
        foreach (var pid in Processes())
            _ = Libc.Kill(pid, Libc.SIGKILL);
    }

    // What is idle (BurstCredits) would die when nobody else wants the processor, and hold its memory until then.
    void Hurry()
    {
        foreach (var file in directories.Select(directory => Path.Combine(directory, "cpu.idle")).Where(File.Exists))
            try
            {
                File.WriteAllText(file, "0");
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // removed meanwhile
            }
    }

    /// <summary>Kills what is left and waits, at most two seconds, until the kernel lets the group go.</summary>
    public async ValueTask RemoveAsync()
    {
        for (var attempt = 0; attempt < 200 && !TryRemove(); attempt++)
        {
            KillAll();
            await Task.Delay(10);
        }
    }

    public bool TryRemove()
    {
        var all = true;
        foreach (var directory in directories)
        {
            try
            {
                if (Directory.Exists(directory))
                    Directory.Delete(directory); // rmdir(2): the files in it are the kernel's
            }
            catch (IOException)
            {
                all = false; // still busy
            }
        }
        return all;
    }

    List<int> Processes()
    {
        try
        {
            return [.. File.ReadLines(Path.Combine(directories[0], "cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Where(pid => pid > 0)];
        }
        catch (IOException)
        {
            return []; // removed meanwhile
        }
    }
}
