using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Islet.Isolates.Linux;

/// <summary>
/// Waits for the children's ends on one thread: each child's pidfd becomes readable when it is gone. Only children
/// watched here are waited for, so that those of others in this process are left alone.
/// </summary>
internal sealed class Reaper : IDisposable
{
    readonly int epoll = Libc.EPollCreate(Libc.EPOLL_CLOEXEC);
    readonly int stop = Libc.EventFd(0, Libc.EPOLL_CLOEXEC);
    readonly ConcurrentDictionary<int, ChildProcess> watched = new();
    readonly Thread thread;

    // struct epoll_event is packed on x86-64 only.
    static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    public Reaper()
    {
        Add(stop, 0);
        thread = new Thread(Run) { IsBackground = true, Name = "islet-reaper", };
        thread.Start();
    }

    public void Watch(ChildProcess child)
    {
        if (child.PidFd < 0)
            throw new PlatformNotSupportedException("This kernel has no pidfd_open (Linux 5.3 or newer is needed).");
        watched[child.Pid] = child;
        Add(child.PidFd, child.Pid);
    }

    public unsafe void Dispose()
    {
        var one = 1UL;
        _ = Libc.Write(stop, (byte*)&one, sizeof(ulong));
        thread.Join();
        _ = Libc.Close(stop);
        _ = Libc.Close(epoll);
    }

    unsafe void Run()
    {
        const int Most = 32;
        var events = stackalloc byte[Most * 16];
        while (true)
        {
            var count = Libc.EPollWait(epoll, events, Most, -1);
            for (var i = 0; i < count; i++)
            {
                var pid = MemoryMarshal.Read<int>(new ReadOnlySpan<byte>(events + (i * EventSize) + EventSize - 8, 4));
                if (pid == 0)
                    return;
                Reap(pid);
            }
        }
    }

    unsafe void Reap(int pid)
    {
        if (Libc.WaitPid(pid, out var status, Libc.WNOHANG) == 0 || !watched.TryRemove(pid, out var child))
            return;
        var unused = stackalloc byte[16];
        _ = Libc.EPollCtl(epoll, Libc.EPOLL_CTL_DEL, child.PidFd, unused);
        child.SetExited(status);
    }

    unsafe void Add(int fd, int data)
    {
        var pollEvent = stackalloc byte[16];
        new Span<byte>(pollEvent, 16).Clear();
        MemoryMarshal.Write(new Span<byte>(pollEvent, 4), Libc.EPOLLIN);
        MemoryMarshal.Write(new Span<byte>(pollEvent + EventSize - 8, 4), data);
        if (Libc.EPollCtl(epoll, Libc.EPOLL_CTL_ADD, fd, pollEvent) != 0)
            throw Libc.Error("epoll_ctl");
    }
}
