using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;
using Islet.Isolates.Supervision;

namespace Islet.Isolates.Building;

/// <summary>One-shot jails for builds: the walls of a slot, a module cache that can be written, no network of its own.</summary>
internal sealed class BuilderJail(Jail jail, TimeProvider time) : IBuilderJail
{
    /// <summary>All builders are one user, beside those of the slots: a cache stays writable for the next of them.</summary>
    const int BuilderNumber = -1;

    const long MemoryLimit = 1L << 30;
    const int StdoutLimit = 64 << 20;
    const int LongestLine = 8 << 10;
    static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(2);

    long lastId;

    public async Task<BuilderResult> RunAsync(BuilderJob job, Action<string> onStderrLine, CancellationToken cancellation)
    {
        // 1 its directory, and a cache it may write
        var sandbox = jail.Sandbox;
        var name = "b" + Interlocked.Increment(ref lastId).ToString(CultureInfo.InvariantCulture);
        var scratch = Directory.CreateDirectory(Path.Combine(jail.Run.Slots, name)).FullName;
        JailedProcess? process = null;
        try
        {
            if (sandbox.UidOf(BuilderNumber) is { } uid && Libc.LChown(job.DenoDirectory, uid, uid) != 0)
                throw Libc.Error($"chown {job.DenoDirectory}");
            if (job.ProxySocket is { } proxy)
                File.SetUnixFileMode(proxy, ConnectableByAll); // who may reach it is decided by what is mounted

            // 2 the command
            var plan = Plan(job, name, scratch);
            var growth = new CacheGrowth(job.DenoDirectory, job.DiskLimit, time);
            process = await sandbox.StartAsync(plan);
            _ = process.PollMemoryAsync(time);
            var stdout = ReadWholeAsync(process.Output);
            var stderr = ReadLinesAsync(process.Error, line => onStderrLine(sandbox.Said(plan, line)));

            // 3 its end, or ours
            var end = await EndedAsync(process, job, growth, cancellation);
            process.Kill();
            var code = await process.Exited;
            await Task.WhenAny(Task.WhenAll(stdout, stderr), Task.Delay(OutputLimit, time, CancellationToken.None));
            cancellation.ThrowIfCancellationRequested();
            if (end == BuilderEnd.Exited && ExitCodes.IsMemoryLimit(process, code))
                end = BuilderEnd.MemoryLimit;
            return new BuilderResult(code, stdout.IsCompletedSuccessfully ? Said(sandbox, plan, await stdout) : [], end, growth.Grew);
        }
        finally
        {
            if (process is not null)
                await process.DisposeAsync();
            Directory.Delete(scratch, recursive: true);
        }
    }

    const UnixFileMode ConnectableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    static JailPlan Plan(BuilderJob job, string name, string scratch)
    {
        var environment = new Dictionary<string, string>(job.Environment, StringComparer.Ordinal)
        {
            ["HOME"] = "/tmp",
            ["DENO_DIR"] = JailPaths.DenoDir,
            ["DENO_NO_UPDATE_CHECK"] = "1",
            ["NO_COLOR"] = "1",
        };
        List<JailMount> mounts =
        [
            JailMount.ReadOnly(JailPaths.Source, job.SourceDirectory),
            JailMount.ReadWrite(JailPaths.DenoDir, job.DenoDirectory),
            JailMount.Tmpfs("/tmp", 256 << 20),
        ];
        if (job.ProxySocket is { } proxy)
            mounts.Add(JailMount.ReadWrite(BuilderJob.ProxyPath, proxy));
        return new JailPlan(
            name, BuilderNumber, scratch, mounts, environment, JailPaths.Source, job.Arguments,
            new ResourceLimits(MemoryLimit, 256, Environment.ProcessorCount));
    }

    /// <summary>When cancelled: any; the caller looks.</summary>
    async Task<BuilderEnd> EndedAsync(JailedProcess process, BuilderJob job, CacheGrowth growth, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (full, late) = (growth.PassedAsync(over.Token), Task.Delay(job.TimeLimit, time, over.Token));
        var first = await Task.WhenAny(process.Exited, full, late);
        await over.CancelAsync();
        await Task.WhenAll(full, late).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return first == process.Exited ? BuilderEnd.Exited : first == full ? BuilderEnd.DiskLimit : BuilderEnd.TimeLimit;
    }

    static byte[] Said(ISandbox sandbox, JailPlan plan, byte[] output) =>
        sandbox.Status.Level == JailLevel.None ? Encoding.UTF8.GetBytes(sandbox.Said(plan, Encoding.UTF8.GetString(output))) : output;

    static async Task<byte[]> ReadWholeAsync(Socket socket)
    {
        using var whole = new MemoryStream();
        await ReadAsync(socket, bytes => whole.Write(bytes[..Math.Min(bytes.Length, StdoutLimit - (int)whole.Length)]));
        return whole.ToArray();
    }

    static async Task ReadLinesAsync(Socket socket, Action<string> onLine)
    {
        var lines = new LineCutter(onLine, LongestLine);
        await ReadAsync(socket, lines.Feed);
        lines.End();
    }

    static async Task ReadAsync(Socket socket, Action<ReadOnlySpan<byte>> onBytes)
    {
        var buffer = new byte[16 << 10];
        using (socket)
        {
            try
            {
                while (await socket.ReceiveOnPoolAsync(buffer) is var count and > 0)
                    onBytes(buffer.AsSpan(0, count));
            }
            catch (SocketException)
            {
                // Reset by a kill in the middle of a write: the same as an end.
            }
        }
    }
}
