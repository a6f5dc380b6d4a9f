using System.Runtime.InteropServices;

namespace Islet.Isolates.Linux;

/// <summary>epoll(7): descriptors with a number each, and a way to end the wait. One thread waits; others add.</summary>
internal sealed class EPoll : IDisposable
{
    const int Most = 32;

    /// <summary>The number of the descriptor that ends the wait.</summary>
    const int End = 0;

    // struct epoll_event is packed on x86-64 only.
    static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    readonly int epoll = Libc.EPollCreate(Libc.EPOLL_CLOEXEC);
    readonly int stop = Libc.EventFd(0, Libc.EPOLL_CLOEXEC);
    readonly Thread thread;

    /// <param name="ready">Called on the thread with the number of a descriptor that can be read, or whose other end is closed.</param>
    public EPoll(string name, Action<int> ready)
    {
        Set(Libc.EPOLL_CTL_ADD, stop, Libc.EPOLLIN, End);
        thread = new Thread(() => Run(ready)) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <param name="number">Not 0.</param>
    /// <exception cref="IOException"/>
    public void Add(int descriptor, int number) => Set(Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLIN, number);

    /// <summary>Adds it, or arms it again: told once, then what arrives wakes nobody.</summary>
    /// <exception cref="IOException"/>
    public void Once(int descriptor, int number, bool again) =>
        Set(again ? Libc.EPOLL_CTL_MOD : Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLIN | Libc.EPOLLONESHOT, number);

    public unsafe void Remove(int descriptor)
    {
        var unused = stackalloc byte[16];
        _ = Libc.EPollCtl(epoll, Libc.EPOLL_CTL_DEL, descriptor, unused);
    }

    public unsafe void Dispose()
    {
        var one = 1UL;
        _ = Libc.Write(stop, (byte*)&one, sizeof(ulong));
        thread.Join();
        _ = Libc.Close(stop);
        _ = Libc.Close(epoll);
    }

    unsafe void Run(Action<int> ready)
    {
        var events = stackalloc byte[Most * 16];
        while (true)
        {
            var count = Libc.EPollWait(epoll, events, Most, -1);
            for (var i = 0; i < count; i++)
            {
                var number = MemoryMarshal.Read<int>(new ReadOnlySpan<byte>(events + (i * EventSize) + EventSize - 8, 4));
                if (number == End)
                    return;
                ready(number);
            }
        }
    }

    unsafe void Set(int operation, int descriptor, uint flags, int number)
    {
        var pollEvent = stackalloc byte[16];
        new Span<byte>(pollEvent, 16).Clear();
        MemoryMarshal.Write(new Span<byte>(pollEvent, 4), flags);
        MemoryMarshal.Write(new Span<byte>(pollEvent + EventSize - 8, 4), number);
        if (Libc.EPollCtl(epoll, operation, descriptor, pollEvent) != 0)
            throw Libc.Error("epoll_ctl");
    }
}
