using System.Net.Sockets;
using Islet.Isolates.Linux;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// A started plan: the outermost process, its limits, and the way to what is inside. <see cref="DisposeAsync"/> must be
/// called once, after <see cref="Exited"/>.
/// </summary>
internal sealed class JailedProcess(ChildProcess child, Cgroup? cgroup, Func<string, string?> directoryOf, Func<ValueTask> release, ResourceLimits limits, bool fenced) : IAsyncDisposable
{
    readonly CancellationTokenSource gone = new();
    volatile bool softLimitHit;
    long memoryLimit = limits.Memory;

    public Socket Output => child.Output;

    public Socket Error => child.Error;

    /// <summary>Exit code or negative signal of the program inside.</summary>
    public Task<int> Exited { get; } = ProgramExit(child.Exited, fenced);

    /// <summary>See <see cref="Cgroup.CpuUsageFile"/>; null without a cgroup.</summary>
    public string? CpuUsageFile => cgroup?.CpuUsageFile;

    /// <summary>See <see cref="Cgroup.MemoryStatFile"/>; null without a cgroup.</summary>
    public string? MemoryStatFile => cgroup?.MemoryStatFile;

    /// <summary>True when the kernel, or the poll where cgroups are missing, ended something for its memory.</summary>
    public bool MemoryLimitHit() => softLimitHit || cgroup?.OutOfMemory() == true;

    /// <summary>Less memory than the plan said, from now on.</summary>
    /// <exception cref="IOException">More is in use already.</exception>
    public Task LimitMemoryAsync(long bytes)
    {
        Volatile.Write(ref memoryLimit, bytes);
        return cgroup is null ? Task.CompletedTask : Task.Run(() => cgroup.LowerMemory(bytes));
    }

    /// <summary>Prepares a write by way of the process's own root: to be done only before tenant code runs.</summary>
    /// <exception cref="IOException">It is gone, or there is no room.</exception>
    public Action WriteFiles(string inside, IReadOnlyList<(string Name, byte[] Content)> files)
    {
        var directory = PlaceOf(inside);
        return () =>
        {
            foreach (var (name, content) in files)
                File.WriteAllBytes(Path.Combine(directory, name), content);
        };
    }

    /// <summary>How this process reaches a directory of the inside.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    public string PlaceOf(string inside) =>
        (fenced ? Init() is { } init ? $"/proc/{init}/root{inside}" : null : directoryOf(inside)) ?? throw new IOException("The jail is gone.");

    /// <summary>Asks the program itself to end; the process around it stays until it has.</summary>
    public void Terminate()
    {
        if (!fenced)
            child.Signal(Libc.SIGTERM);
        else if (Init() is { } init && ProcFs.OnlyChildOf(init) is { } program)
            _ = Libc.Kill(program, Libc.SIGTERM);
        else
            Kill();
    }

    /// <summary>Everything inside ends now: the whole cgroup, or by the death signal of the outermost process.</summary>
    public void Kill()
    {
        if (cgroup is null && fenced)
            KillChildrenFirst();
        child.Signal(Libc.SIGKILL);
        cgroup?.KillAll();
    }

    // bwrap's child sets its death signal only after its parent has prepared the namespaces: killed before that, the
    // parent would leave it behind for good. Seen without cgroups, when a server stopped while a slot was booting.
    void KillChildrenFirst()
    {
        if (child.Exited.IsCompleted)
            return;
        child.Signal(Libc.SIGSTOP);
        for (var look = 0; look < 20 && ProcFs.StateOf(child.Pid) is not ('T' or 'Z' or null); look++)
            Thread.Sleep(1); // it stops before it can make a child that we would not see
        if (ProcFs.OnlyChildOf(child.Pid) is { } init && ProcFs.ParentOf(init) == child.Pid)
            _ = Libc.Kill(init, Libc.SIGKILL);
    }

    public async ValueTask DisposeAsync()
    {
        await gone.CancelAsync();
        if (cgroup is not null)
            await cgroup.RemoveAsync();
        await release();
        gone.Dispose();
    }

    /// <summary>The soft limit where no cgroup can be had: resident memory looked at four times a second.</summary>
    public async Task PollMemoryAsync(TimeProvider time)
    {
        if (cgroup is not null)
            return;
        var cancellation = gone.Token;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250), time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation) && !child.Exited.IsCompleted)
            {
                var program = !fenced ? child.Pid : Init() is { } init ? ProcFs.OnlyChildOf(init) : null;
                if (program is null || ProcFs.ResidentBytes(program.Value) <= Volatile.Read(ref memoryLimit))
                    continue;
                softLimitHit = true;
                Kill();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // Released: nothing left to look at.
        }
    }

    // The first process inside. Its number is believed only while it is the child of ours: numbers are used again.
    int? Init() => !child.Exited.IsCompleted && ProcFs.OnlyChildOf(child.Pid) is { } init && ProcFs.ParentOf(init) == child.Pid ? init : null;

    // bwrap answers 128 + signal for a program that a signal ended.
    static async Task<int> ProgramExit(Task<int> exited, bool fenced)
    {
        var code = await exited.ConfigureAwait(false);
        return fenced && code is > 128 and < 128 + 65 ? 128 - code : code;
    }
}
