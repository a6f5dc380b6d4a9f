using System.Collections.Concurrent;
using System.Diagnostics;

namespace Islet.Tests.Edge;

/// <summary>A real Deno without a jail, whose first server listens on a Unix socket.</summary>
sealed class DenoIsolate : IDisposable
{
    readonly Process process;
    int disposed;

    DenoIsolate(Process process, string path, ConcurrentQueue<string> lines) => (this.process, Path, Lines) = (process, path, lines);

    public string Path { get; }

    /// <summary>What it printed.</summary>
    public ConcurrentQueue<string> Lines { get; }

    /// <summary>Resident memory of this test's own process is not its business; the isolate's pid is for looking on.</summary>
    public int ProcessId => process.Id;

    public static async Task<DenoIsolate> StartAsync(string directory, string program, string? certificate = null)
    {
        var main = System.IO.Path.Combine(directory, "main.ts");
        await File.WriteAllTextAsync(main, program);
        var path = System.IO.Path.Combine(directory, "deno.sock");
        var start = new ProcessStartInfo(Executable()) { ArgumentList = { "run", "-A", "--no-lock", main }, WorkingDirectory = directory };
        start.Environment["DENO_SERVE_ADDRESS"] = "unix:" + path;
        start.Environment["DENO_DIR"] = System.IO.Path.Combine(directory, "deno");
        start.Environment["DENO_NO_UPDATE_CHECK"] = "1";
        if (certificate is not null)
            start.Environment["DENO_CERT"] = certificate;
        start.Environment["DENO_AUTO_SERVE"] = "1";
        start.Environment["NO_COLOR"] = "1";
        start.UseShellExecute = false;
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        var deno = Process.Start(start)!;
        var lines = new ConcurrentQueue<string>();
        deno.OutputDataReceived += (_, line) => Keep(line.Data);
        deno.ErrorDataReceived += (_, line) => Keep(line.Data);
        deno.BeginErrorReadLine();
        deno.BeginOutputReadLine();
        for (var i = 0; i < 200 && !File.Exists(path); i++)
            await Task.Delay(25);
        File.Exists(path).ShouldBeTrue("Deno did not listen");
        return new DenoIsolate(deno, path, lines);

        void Keep(string? line)
        {
            if (line is not null)
                lines.Enqueue(line);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Skips the test where there is no Deno, unless on CI.</summary>
    public static string Executable()
    {
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("ISLET_DENO"),
            FindAbove(System.IO.Path.Combine(".tools", "deno")),
        ];
        if (Array.Find(candidates, File.Exists) is { } found)
            return found;
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.Ordinal))
            throw new InvalidOperationException("No Deno on a CI machine.");
        Assert.Skip("Deno was not found: set ISLET_DENO or put it at .tools/deno.");
        return "";
    }

    static string? FindAbove(string relative)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (System.IO.Path.Combine(at.FullName, relative) is var path && File.Exists(path))
                return path;
        }

        return null;
    }
}
