using System.Collections.Concurrent;

namespace Islet.Isolates.Linux;

/// <summary>
/// Waits for the children's ends on one thread: each child's pidfd becomes readable when it is gone. Only children
/// watched here are waited for, so that those of others in this process are left alone.
/// </summary>
internal sealed class Reaper : IDisposable
{
    readonly ConcurrentDictionary<int, ChildProcess> watched = new();
    readonly EPoll epoll;

    public Reaper() => epoll = new EPoll("islet-reaper", Reap);

    public void Watch(ChildProcess child)
    {
        if (child.PidFd < 0)
            throw new PlatformNotSupportedException("This kernel has no pidfd_open (Linux 5.3 or newer is needed).");
        watched[child.Pid] = child;
        epoll.Add(child.PidFd, child.Pid);
    }

    public void Dispose() => epoll.Dispose();

    void Reap(int pid)
    {
        if (Libc.WaitPid(pid, out var status, Libc.WNOHANG) == 0 || !watched.TryRemove(pid, out var child))
            return;
        epoll.Remove(child.PidFd);
        child.SetExited(status);
    }
}
