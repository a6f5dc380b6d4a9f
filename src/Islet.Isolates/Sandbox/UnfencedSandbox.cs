using System.Globalization;
using System.Text.RegularExpressions;
using Islet.Isolates.Linux;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// No walls but Deno's permissions: for machines where no jail can be made and whose owner trusts all programs. What
/// speaks of the inside (paths, URLs, flags) is rewritten to the slot's own directories.
/// </summary>
internal sealed partial class UnfencedSandbox(Spawner spawner, DenoRuntime deno, JailStatus status) : ISandbox
{
    public JailStatus Status => status;

    public uint? UidOf(int number) => null;

    public string Inside(JailPlan plan, string text) => InsidePath().Replace(text, match => Below(plan, match.Value));

    public string Said(JailPlan plan, string text)
    {
        foreach (var mount in plan.Mounts)
            if (HostOf(plan, mount.Inside) is { } host)
                text = text.Replace(new Uri(host).AbsoluteUri, "file://" + mount.Inside, StringComparison.Ordinal)
                    .Replace(host, mount.Inside, StringComparison.Ordinal);
        return text;
    }

    public bool HasNetworks => false;

    public ValueTask FillAsync(string root, IReadOnlyList<(string Tree, string Directory)> trees)
    {
        foreach (var (tree, directory) in trees)
            LinkTree.Run(Path.Combine(root, tree), directory);
        return ValueTask.CompletedTask;
    }

    public ValueTask<string> BoundAsync(string directory) => ValueTask.FromResult(directory);

    public ValueTask EmptyAsync(IReadOnlyList<string> directories) => ValueTask.CompletedTask; // removed with the slot

    public ValueTask WriteAsync(JailPlan plan, JailedProcess process, string inside, IReadOnlyList<(string Name, byte[] Content)> files)
    {
        process.WriteFiles(inside, files)();
        return ValueTask.CompletedTask;
    }

    public ValueTask ResizeAsync(JailedProcess process, string inside, long bytes) => ValueTask.CompletedTask; // a directory of the disk

    public async Task<JailedProcess> StartAsync(JailPlan plan, SlotNetwork? network)
    {
        foreach (var mount in plan.Mounts)
            Arrange(plan, mount);
        var environment = plan.Environment.ToDictionary(pair => pair.Key, pair => Inside(plan, pair.Value), StringComparer.Ordinal);
        string[] dieWithUs = JailTools.Find("setpriv") is { } setPriv ? [setPriv, "--pdeathsig", "KILL"] : [];
        var child = await spawner.StartAsync(new SpawnRequest(
            [.. dieWithUs, "/bin/sh", "-c", "ulimit -c 0; [ $PPID = \"$1\" ] || exit 125; shift; cd \"$1\" || exit 125; shift; exec \"$@\"", "islet", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), Inside(plan, plan.WorkingDirectory), deno.Path, .. plan.Arguments.Select(word => Inside(plan, word))],
            environment, null, [], null));
        return new JailedProcess(child, null, inside => HostOf(plan, inside), () => ValueTask.CompletedTask, plan.Limits, fenced: false);
    }

    public void Sweep()
    {
        // Programs of an earlier server died with it, where setpriv exists; they had no group of their own.
    }

    // A tmpfs becomes a directory; what would be mounted inside one is linked there.
    static void Arrange(JailPlan plan, JailMount mount)
    {
        if (mount.Host is null)
        {
            Directory.CreateDirectory(HostOf(plan, mount.Inside)!);
            return;
        }
        var outer = plan.Mounts.FirstOrDefault(other => other != mount && mount.Inside.StartsWith(other.Inside + "/", StringComparison.Ordinal));
        if (outer is null)
            return;
        var link = Path.Combine(HostOf(plan, outer.Inside)!, mount.Inside[(outer.Inside.Length + 1)..]);
        File.CreateSymbolicLink(link, mount.Host);
    }

    static string? HostOf(JailPlan plan, string inside)
    {
        foreach (var mount in plan.Mounts)
            if (string.Equals(mount.Inside, inside, StringComparison.Ordinal))
                return mount.Host ?? plan.Scratch + "/tmpfs" + inside;
        return null;
    }

    // The outermost mount decides: what is mounted inside another one is linked there.
    static string Below(JailPlan plan, string inside)
    {
        var mount = plan.Mounts
            .Where(mount => inside.StartsWith(mount.Inside, StringComparison.Ordinal) && (inside.Length == mount.Inside.Length || inside[mount.Inside.Length] == '/'))
            .MinBy(mount => mount.Inside.Length);
        return mount is null ? inside : HostOf(plan, mount.Inside) + inside[mount.Inside.Length..];
    }

    [GeneratedRegex("(?<=^|[=,]|file://|unix:)/[^,]*", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InsidePath();
}
