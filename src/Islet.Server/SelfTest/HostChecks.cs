using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Islet.Server.SelfTest;

/// <summary>What an escape would leave on the host: looked at after every attack, and once more at the end.</summary>
sealed partial class HostChecks(ServerUnderAttack server, Canaries canaries, NameStub names, string canaryFile, string canaryWord, string mark) : IDisposable
{
    const int PR_SET_CHILD_SUBREAPER = 36;
    const int WNOHANG = 1;
    const long MostGrowth = 400L << 20;
    static readonly TimeSpan OrphanLimit = TimeSpan.FromSeconds(10);

    // Where an attack may try to leave the file named by its mark.
    static readonly string[] Places = ["/", "/etc", "/tmp", "/var/tmp", "/root", "/home", "/usr", "/usr/bin", "/usr/local/bin", "/dev/shm", "/run", "/run/islet", "/src", "/deno", "/lib"];

    readonly SemaphoreSlim turn = new(1, 1);
    readonly string listening = Listening(server.Id);
    readonly long resident = server.ResidentBytes;

    /// <summary>From now on a process whose parents are gone becomes ours, instead of the machine's: so none is missed.</summary>
    public static void AdoptOrphans() => _ = PrCtl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

    /// <summary>Names what is not as it was, or null.</summary>
    public async Task<string?> FindAsync()
    {
        await turn.WaitAsync();
        try
        {
            if (server.HasEnded)
                return "the server has ended: " + server.LastWords();
            return canaries.Take()
                ?? names.TakeLeaked()
                ?? (await File.ReadAllTextAsync(canaryFile) == canaryWord ? null : "the canary file was changed")
                ?? Marked()
                ?? (Listening(server.Id) == listening ? null : "the server's namespace has other listening ports: " + Listening(server.Id))
                ?? (File.ReadLines("/proc/self/mounts").FirstOrDefault(line => line.Contains(server.Data, StringComparison.Ordinal)) is { } mount ? "a mount came out: " + mount : null)
                ?? await OrphanAsync(server.Id)
                ?? (server.ResidentBytes - resident < MostGrowth ? null : $"the server grew to {server.ResidentBytes >> 20} MiB");
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>When the server has stopped: no process and no cgroup of it is left.</summary>
    public static async Task<string?> FindLeftAsync(IReadOnlyCollection<string> cgroups) =>
        await OrphanAsync(0) ?? (cgroups.FirstOrDefault(Directory.Exists) is { } left ? $"cgroup {left} is left" : null);

    /// <summary>Directories of the cgroups that the server's isolates are in.</summary>
    public List<string> Cgroups()
    {
        var mounts = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).Where(words => words[2].StartsWith("cgroup", StringComparison.Ordinal)).Select(words => words[1]).ToList();
        return
        [
            .. (from child in DescendantsOf(server.Id)
               from line in ReadLines($"/proc/{child}/cgroup")
               let found = GroupOfServer().Match(line.Split(':', 3)[^1])
               where found.Success
               from mount in mounts
               let directory = mount + found.Value
               where Directory.Exists(directory)
               select directory).Distinct(StringComparer.Ordinal),
        ];
    }

    public void Dispose() => turn.Dispose();

    string? Marked() =>
        Places.Append(Path.GetDirectoryName(canaryFile)!).Append(server.Data).Select(place => Path.Combine(place, mark)).FirstOrDefault(Path.Exists) is { } file
            ? $"{file} was made on the host" : null;

    // Isolates end all the time, and their processes pass by here when their parents end first: an orphan is one that stays.
    static async Task<string?> OrphanAsync(int server)
    {
        HashSet<int>? staying = null;
        for (var begun = Stopwatch.StartNew(); begun.Elapsed < OrphanLimit; await Task.Delay(100))
        {
            var living = ChildrenOf(Environment.ProcessId).Where(child => child != server && WaitPid(child, out _, WNOHANG) == 0);
            staying = staying is null ? [.. living] : [.. living.Where(staying.Contains)];
            if (staying.Count == 0)
                return null;
        }
        var orphan = staying!.First();
        return $"process {orphan} ({string.Join(' ', ReadLines($"/proc/{orphan}/cmdline")).Replace('\0', ' ')}) outlived its isolate";
    }

    static List<int> ChildrenOf(int process)
    {
        try
        {
            return
            [
                .. from task in Directory.EnumerateDirectories($"/proc/{process}/task")
                   from word in File.ReadAllText(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                   select int.Parse(word),
            ];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return []; // a thread that ended meanwhile; the next look tells
        }
    }

    static IEnumerable<int> DescendantsOf(int process) => ChildrenOf(process).SelectMany(child => DescendantsOf(child).Prepend(child));

    static string Listening(int process) => string.Join(' ',
        from file in (string[])["tcp", "tcp6", "udp", "udp6", "raw", "raw6"]
        from line in ReadLines($"/proc/{process}/net/{file}").Skip(1)
        let words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        where words[3] is "0A" || (file.StartsWith("raw", StringComparison.Ordinal))
        orderby file + words[1]
        select file + ":" + words[1]);

    static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            return []; // it has ended
        }
    }

    // what it is below may have a name like it: a unit of systemd's
    [GeneratedRegex("^.*/islet-[0-9a-f]{12}(?=/|$)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GroupOfServer();

    [LibraryImport("libc.so.6", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc.so.6", EntryPoint = "waitpid")]
    private static partial int WaitPid(int pid, out int status, int options);
}
