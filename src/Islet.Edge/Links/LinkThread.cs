using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Islet.Edge.Links;

/// <summary>
/// Waits for sockets to isolates, one thread for each processor, and goes on with what waited for them. They live as long as the
/// process, as the runtime's own do. What is told of a socket is told once, when it changes: edge-triggered, epoll(7).
/// </summary>
sealed class LinkThread
{
    const int Most = 64;

    static readonly LinkThread[] All = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new LinkThread())];
    static long last;

    readonly ConcurrentDictionary<long, LinkSocket> sockets = new();
    readonly int epoll = Native.CreateEPoll();

    /// <summary>By this name they are preferred (docs/decisions/0035).</summary>
    LinkThread() => new Thread(Run) { IsBackground = true, Name = "islet-links" }.Start();

    /// <summary>Rings it from now on.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">There is no room for more.</exception>
    public static Place Enter(LinkSocket socket, SafeHandle handle)
    {
        var number = Interlocked.Increment(ref last);
        var place = new Place(All[number % All.Length], number);
        place.Thread.sockets[number] = socket;
        try
        {
            Native.Watch(place.Thread.epoll, handle, number, added: true, writable: false);
            return place;
        }
        catch
        {
            place.Leave();
            throw;
        }
    }

    unsafe void Run()
    {
        var events = stackalloc byte[Most * Native.EventSize];
        while (true)
        {
            var count = Native.Wait(epoll, events, Most);
            for (var index = 0; index < count; index++)
            {
                var (told, number) = Native.Read(events, index);
                if (sockets.TryGetValue(number, out var socket))
                    socket.Ring(told);
            }
        }
    }

    internal sealed record Place(LinkThread Thread, long Number)
    {
        /// <summary>Rings also when it can be written to, or no more.</summary>
        public void Await(SafeHandle handle, bool writable) => Native.Watch(Thread.epoll, handle, Number, added: false, writable);

        /// <summary>The kernel forgets it when it is closed.</summary>
        public void Leave() => Thread.sockets.TryRemove(Number, out _);
    }
}
