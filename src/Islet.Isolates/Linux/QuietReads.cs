using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Islet.Isolates.Linux;

/// <summary>
/// Reads sockets of hostile writers. Those that the runtime waits for wake one of its threads with each write, read or not, and
/// that thread relays requests of others; here a socket is armed by each read once, and what is written until the next one wakes
/// nobody.
/// </summary>
internal sealed class QuietReads : IDisposable
{
    const int EAGAIN = 11;
    const int MSG_DONTWAIT = 0x40;

    readonly ConcurrentDictionary<int, Source> sources = new();
    readonly EPoll epoll;
    int lastNumber;

    public QuietReads() => epoll = new EPoll("isolate output", number => sources.GetValueOrDefault(number)?.Ready());

    /// <summary>The socket is read by nothing else, and lives longer than what is returned.</summary>
    public Source Of(Socket socket) => new(this, socket);

    public void Dispose() => epoll.Dispose();

    internal sealed class Source : IDisposable
    {
        readonly QuietReads all;
        readonly int descriptor;
        readonly int number;
        volatile TaskCompletionSource? waiting;
        bool known;

        public Source(QuietReads all, Socket socket)
        {
            (this.all, descriptor) = (all, (int)socket.Handle);
            number = Interlocked.Increment(ref all.lastNumber);
            all.sources[number] = this;
        }

        /// <summary>One read at a time. Goes on on the thread pool.</summary>
        /// <returns>Bytes; 0 at the end, also where it was reset.</returns>
        public async Task<int> ReadAsync(byte[] buffer)
        {
            while (true)
            {
                var ready = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                all.epoll.Once(descriptor, number, known);
                known = true;
                await ready.Task;
                if (TryRead(buffer) is var count and >= 0)
                    return count;
            }
        }

        public void Dispose()
        {
            if (known)
                all.epoll.Remove(descriptor);
            all.sources.TryRemove(number, out _);
        }

        internal void Ready() => waiting?.TrySetResult();

        // -1: there is nothing after all
        unsafe int TryRead(byte[] buffer)
        {
            fixed (byte* bytes = buffer)
            {
                var count = (int)Libc.Receive(descriptor, bytes, (nuint)buffer.Length, MSG_DONTWAIT);
                if (count >= 0)
                    return count;
            }
            return System.Runtime.InteropServices.Marshal.GetLastPInvokeError() is EAGAIN or Libc.EINTR ? -1 : 0;
        }
    }
}
