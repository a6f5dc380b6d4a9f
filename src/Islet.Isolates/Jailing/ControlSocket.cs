using System.Net.Sockets;
using Islet.Isolates.Starting;

namespace Islet.Isolates.Jailing;

internal static class ControlSocket
{
    /// <summary>Waits until Deno listens for its assignment.</summary>
    /// <exception cref="SlotBootException">It ended instead, or took too long.</exception>
    public static async Task<Socket> ConnectAsync(string path, Task<JailEnd> exited, TimeSpan limit, TimeSpan pause, TimeProvider time, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var address = new UnixDomainSocketEndPoint(path);
        while (!exited.IsCompleted && time.GetElapsedTime(start) < limit)
        {
            if (File.Exists(path) && TryConnect(address) is { } connected)
                return connected;
            await Task.Delay(pause, time, cancellation);
        }
        throw new SlotBootException(exited.IsCompleted ? $"A slot ended with {(await exited).Code} while it booted." : "A slot did not come up in time.");
    }

    // Not asynchronous: a socket that this process has waited on stays in its epoll, also when another one owns it.
    static Socket? TryConnect(UnixDomainSocketEndPoint address)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(address);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null; // between bind and listen: look again
        }
    }
}
