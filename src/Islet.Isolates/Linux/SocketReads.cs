using System.Net.Sockets;

namespace Islet.Isolates.Linux;

internal static class SocketReads
{
    /// <summary>
    /// Receives and goes on on the thread pool, also when it throws: what supervisors do next would hold up the threads
    /// on which sockets complete (docs/decisions/0004).
    /// </summary>
    public static async Task<int> ReceiveOnPoolAsync(this Socket socket, Memory<byte> buffer, CancellationToken cancellation = default)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellation);
        }
        finally
        {
            await Task.Yield();
        }
    }
}
