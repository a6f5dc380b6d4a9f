using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Islet.Server.SelfTest;

/// <summary>This executable as <c>islet serve</c>, inside the server's network namespace, on a data directory of its own.</summary>
sealed partial class ServerUnderAttack : IAsyncDisposable
{
    public const int Port = 8000;
    public const string Domain = "selftest.example";

    const int SIGTERM = 15;

    // Not `ip netns exec`: it hides the cgroups behind a new /sys.
    const string Enter = "mount --bind \"$1\" /etc/resolv.conf || exit 125; shift; exec \"$@\"";

    static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(180);
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    readonly Process process;
    readonly string log;

    ServerUnderAttack(Process process, string data, string log) => (this.process, Data, this.log) = (process, data, log);

    public string Data { get; }

    public int Id => process.Id;

    public bool HasEnded => process.HasExited;

    public long ResidentBytes => long.Parse(File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) << 10;

    /// <exception cref="CannotRunException">It did not become ready; the message has its last words.</exception>
    public static async Task<ServerUnderAttack> StartAsync(World world, string place, SelfTestOptions options, CancellationToken cancellation)
    {
        var resolv = Path.Combine(place, "resolv.conf");
        await File.WriteAllTextAsync(resolv, $"nameserver {World.Resolver}\noptions timeout:2 attempts:2\n", cancellation);
        var data = Path.Combine(place, "data");
        var output = Path.Combine(place, "server.log");
        string[] walls = options.Without.Count == 0 ? [] : ["--without-walls", string.Join(',', options.Without)];
        string[] jail = options.NoJail ? ["--unsafe-no-jail", "--listen", $"http://127.0.0.1:{Port}"] : ["--listen", $"http://0.0.0.0:{Port}"];
        string[] words =
        [
            "--net=" + NetworkNamespace.FileOf(world.Server), "unshare", "--mount", "--propagation", "slave",
            "/bin/sh", "-c", "exec >>\"$LOG\" 2>&1; " + Enter, "islet", resolv, .. Hide(options), .. Self(), "serve", "--data", data, "--domain", Domain,
            "--idle-timeout", "5s", "--boot-time-limit", "5s", "--memory-limit", "256MB", "--build-concurrency", "2", .. walls, .. jail,
        ];
        var start = new ProcessStartInfo("nsenter", words);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ISLET_", StringComparison.Ordinal) && name != "ISLET_DENO").ToList())
            start.Environment.Remove(name);
        start.Environment["LOG"] = output;
        start.WorkingDirectory = place; // no islet.json there
        var server = new ServerUnderAttack(Process.Start(start)!, data, output);
        try
        {
            await server.ReadyAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM, then its end; killed when that takes too long.</summary>
    /// <returns>The exit code; null when it had to be killed.</returns>
    public async Task<int?> StopAsync()
    {
        if (!process.HasExited)
            _ = Kill(Id, SIGTERM);
        try
        {
            await process.WaitForExitAsync().WaitAsync(StopLimit);
            return process.ExitCode;
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process.Dispose();
    }

    public string LastWords() => File.Exists(log) ? string.Join(" | ", File.ReadLines(log).TakeLast(6)) : "it said nothing";

    // A machine without bubblewrap is what --unsafe-no-jail is for: it only takes effect where no jail can be made.
    static string[] Hide(SelfTestOptions options) => options.NoJail
        ? ["/bin/sh", "-c", "b=$(command -v bwrap) && mount --bind /dev/null \"$b\"; exec \"$@\"", "islet"]
        : [];

    // In the source tree the executable may be started by dotnet.
    static string[] Self() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [Environment.ProcessPath!, typeof(ServerUnderAttack).Assembly.Location]
        : [Environment.ProcessPath!];

    async Task ReadyAsync(CancellationToken cancellation)
    {
        var ready = DataDirectory.ReadyFile(Data);
        for (var begun = Stopwatch.StartNew(); begun.Elapsed < ReadyLimit && !process.HasExited; await Task.Delay(50, cancellation))
            if (File.Exists(ready))
                return;
        throw new CannotRunException($"The server did not start: {LastWords()}");
    }

    [LibraryImport("libc.so.6", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
