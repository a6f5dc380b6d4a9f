using System.Diagnostics;

namespace Islet.Tests.Edge;

/// <summary>A real Deno without a jail, whose first server listens on a Unix socket.</summary>
sealed class DenoIsolate : IDisposable
{
    readonly Process process;

    DenoIsolate(Process process, string path) => (this.process, Path) = (process, path);

    public string Path { get; }

    /// <summary>Resident memory of this test's own process is not its business; the isolate's pid is for looking on.</summary>
    public int ProcessId => process.Id;

    public static async Task<DenoIsolate> StartAsync(string directory, string program)
    {
        var main = System.IO.Path.Combine(directory, "main.ts");
        await File.WriteAllTextAsync(main, program);
        var path = System.IO.Path.Combine(directory, "deno.sock");
        var start = new ProcessStartInfo(Executable()) { ArgumentList = { "run", "-A", "--no-lock", main }, WorkingDirectory = directory };
        start.Environment["DENO_SERVE_ADDRESS"] = "unix:" + path;
        start.Environment["DENO_DIR"] = System.IO.Path.Combine(directory, "deno");
        start.Environment["DENO_NO_UPDATE_CHECK"] = "1";
        start.UseShellExecute = false;
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        var deno = Process.Start(start)!;
        deno.OutputDataReceived += (_, _) => { };
        deno.ErrorDataReceived += (_, _) => { };
        deno.BeginErrorReadLine();
        deno.BeginOutputReadLine();
        for (var i = 0; i < 200 && !File.Exists(path); i++)
            await Task.Delay(25);
        File.Exists(path).ShouldBeTrue("Deno did not listen");
        return new DenoIsolate(deno, path);
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

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
