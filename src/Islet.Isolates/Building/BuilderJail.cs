using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Islet.Contracts;
using Islet.Isolates.Jailing;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;
using Islet.Isolates.Supervision;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Building;

/// <summary>One-shot jails for builds: the walls of a slot, a module cache that can be written, no network of its own.</summary>
internal sealed class BuilderJail(IJailer jailer, IOptions<IsolatesOptions> options, TimeProvider time) : IBuilderJail
{
    const long MemoryLimit = 1L << 30;
    const int PidsLimit = 256;
    const int StdoutLimit = 64 << 20;
    const int LongestLine = 8 << 10;
    const int SealedAtOnce = 200;
    static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(2);

    long lastId;

    public async Task<BuilderResult> RunAsync(BuilderJob job, Action<string> onStderrLine, CancellationToken cancellation)
    {
        // 1 the command
        var order = new BuilderOrder(
            "b" + Interlocked.Increment(ref lastId).ToString(CultureInfo.InvariantCulture),
            Below(job.SourceDirectory), Below(job.DenoDirectory), job.ProxySocket is { } proxy ? Below(proxy) : null,
            job.Arguments, job.Environment, new ResourceLimits(MemoryLimit, PidsLimit, Environment.ProcessorCount));
        var growth = new CacheGrowth(job.DenoDirectory, job.DiskLimit, time);
        await using var process = await jailer.StartBuilderAsync(order, cancellation);
        var stdout = ReadWholeAsync(process.Output);
        var stderr = ReadLinesAsync(process.Error, line => onStderrLine(process.Said(line)));

        // 2 its end, or ours
        var end = await EndedAsync(process, job, growth, cancellation);
        process.Kill();
        var ended = await process.Exited;
        await Task.WhenAny(Task.WhenAll(stdout, stderr), Task.Delay(OutputLimit, time, CancellationToken.None));
        cancellation.ThrowIfCancellationRequested();
        if (end == BuilderEnd.Exited && ExitCodes.IsMemoryLimit(ended))
            end = BuilderEnd.MemoryLimit;
        return new BuilderResult(ended.Code, stdout.IsCompletedSuccessfully ? Said(process, await stdout) : [], end, growth.Grew);
    }

    public async Task SealAsync(string denoDirectory, IReadOnlyList<string> paths)
    {
        foreach (var some in paths.Chunk(SealedAtOnce))
            await jailer.SealAsync(Below(denoDirectory), some);
    }

    public Task DiscardAsync(string denoDirectory) => jailer.DiscardAsync(Below(denoDirectory));

    string Below(string path) => Path.GetRelativePath(options.Value.DataDirectory, path);

    /// <summary>When cancelled: any; the caller looks.</summary>
    async Task<BuilderEnd> EndedAsync(IJailed process, BuilderJob job, CacheGrowth growth, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (full, late) = (growth.PassedAsync(over.Token), Task.Delay(job.TimeLimit, time, over.Token));
        var first = await Task.WhenAny(process.Exited, full, late);
        await over.CancelAsync();
        await Task.WhenAll(full, late).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return first == process.Exited ? BuilderEnd.Exited : first == full ? BuilderEnd.DiskLimit : BuilderEnd.TimeLimit;
    }

    byte[] Said(IJailed process, byte[] output) =>
        jailer.Status.Level == JailLevel.None ? Encoding.UTF8.GetBytes(process.Said(Encoding.UTF8.GetString(output))) : output;

    static async Task<byte[]> ReadWholeAsync(Socket socket)
    {
        using var whole = new MemoryStream();
        await ReadAsync(socket, bytes => whole.Write(bytes[..Math.Min(bytes.Length, StdoutLimit - (int)whole.Length)]));
        return whole.ToArray();
    }

    static async Task ReadLinesAsync(Socket socket, Action<string> onLine)
    {
        var lines = new LineCutter(onLine, kept: LongestLine);
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
