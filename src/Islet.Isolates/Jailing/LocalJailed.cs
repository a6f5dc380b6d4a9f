using System.Net.Sockets;
using System.Text;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;

namespace Islet.Isolates.Jailing;

/// <summary>A process that this process has started, and its directory on the host.</summary>
internal sealed class LocalJailed : IJailed
{
    static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);

    readonly ISandbox sandbox;
    readonly JailPlan plan;
    readonly JailedProcess process;
    readonly SlotFiles files;
    readonly IsolatesOptions options;
    readonly TimeProvider time;

    public LocalJailed(ISandbox sandbox, JailPlan plan, JailedProcess process, SlotFiles files, IsolatesOptions options, TimeProvider time)
    {
        (this.sandbox, this.plan, this.process, this.files, this.options, this.time) = (sandbox, plan, process, files, options, time);
        Exited = EndAsync();
        _ = process.PollMemoryAsync(time);
    }

    public Socket Output => process.Output;

    public Socket Error => process.Error;

    public Task<JailEnd> Exited { get; }

    public string? CpuUsageFile => process.CpuUsageFile;

    public string? MemoryStatFile => process.MemoryStatFile;

    public string Inside(string text) => sandbox.Inside(plan, text);

    public string Said(string text) => sandbox.Said(plan, text);

    public async Task PutAsync(string artifact)
    {
        var trees = new (string Tree, string Directory)[]
        {
            (artifact + "/src", files.App), (artifact + "/deno/npm", files.Npm), (artifact + "/deno/remote", files.Remote),
        };
        var root = options.DataDirectory;
        await sandbox.FillAsync(root, [.. trees.Where(tree => Directory.Exists(Path.Combine(root, tree.Tree)))]);
        var caches = SmallFiles.Read(root, artifact + "/deno");
        if (caches.Count > 0)
            await sandbox.WriteAsync(plan, process, JailPaths.DenoDir, caches);
    }

    public Task<bool> PublishAsync() => Task.FromResult(files.Publish(options.ServerUid));

    public Task LimitMemoryAsync(long bytes) => process.LimitMemoryAsync(bytes);

    public async Task LimitTmpAsync(long bytes) => await sandbox.ResizeAsync(process, "/tmp", bytes);

    public void Terminate() => process.Terminate();

    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await Exited;
        await process.DisposeAsync();
        await sandbox.EmptyAsync([files.App, files.Npm, files.Remote, files.Area]);
        files.Remove();
    }

    /// <summary>For a process nobody else will read: its last words are the reason of the failure.</summary>
    public async Task<string> DisposeWithOutputAsync()
    {
        process.Kill();
        using var reading = new CancellationTokenSource(OutputLimit, time);
        var buffer = new byte[4096];
        var used = 0;
        try
        {
            while (used < buffer.Length && await Error.ReceiveOnPoolAsync(buffer.AsMemory(used), reading.Token) is var count and > 0)
                used += count;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            // What was read until then has to do.
        }
        Output.Dispose();
        Error.Dispose();
        await DisposeAsync();
        return Encoding.UTF8.GetString(buffer, 0, used).Trim();
    }

    // Asked before its cgroup goes.
    async Task<JailEnd> EndAsync()
    {
        var code = await process.Exited.ConfigureAwait(false);
        return new JailEnd(code, process.MemoryLimitHit());
    }
}
