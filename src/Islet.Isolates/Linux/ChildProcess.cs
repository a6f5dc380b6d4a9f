using System.Net.Sockets;

namespace Islet.Isolates.Linux;

/// <summary>A process this server started. Signals go by pidfd, so never to a stranger that got the same number.</summary>
internal sealed class ChildProcess(int pid, Socket output, Socket error)
{
    readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock guard = new(); // the reaper closes the pidfd, any thread signals by it

    public int Pid { get; } = pid;

    /// <summary>What it writes to stdout and stderr. The reader owns and disposes them.</summary>
    public Socket Output { get; } = output;

    public Socket Error { get; } = error;

    /// <summary>Exit code, or minus the number of the signal that ended it. Never faults.</summary>
    public Task<int> Exited => exited.Task;

    internal int PidFd { get; } = (int)Libc.SysCall(Libc.SYS_pidfd_open, pid, 0, 0, 0);

    public void Signal(int signal)
    {
        lock (guard)
        {
            if (!exited.Task.IsCompleted)
                _ = Libc.SysCall(Libc.SYS_pidfd_send_signal, PidFd, signal, 0, 0);
        }
    }

    /// <summary>Only the reaper calls it, once, after waitpid.</summary>
    internal void SetExited(int status)
    {
        var signal = status & 0x7f;
        lock (guard)
        {
            exited.TrySetResult(signal == 0 ? (status >> 8) & 0xff : -signal);
            if (PidFd >= 0)
                _ = Libc.Close(PidFd);
        }
    }
}
