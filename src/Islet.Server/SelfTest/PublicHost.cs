using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Islet.Server.SelfTest;

/// <summary>
/// The one web server of "internet": its word at every path, its visitor's head at <c>/head</c>, and at
/// <c>/to?URL</c> the way there.
/// </summary>
sealed class PublicHost(string word) : IDisposable
{
    Socket? listener;

    public async Task OpenAsync(World world)
    {
        listener = await NetworkNamespace.InAsync(world.Internet, () =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 80));
            socket.Listen(1000);
            return socket;
        });
        _ = AcceptAsync(listener);
    }

    public void Dispose() => listener?.Dispose();

    async Task AcceptAsync(Socket socket)
    {
        try
        {
            while (true)
                _ = AnswerAsync(await socket.AcceptAsync());
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // closed: the test is over
        }
    }

    async Task AnswerAsync(Socket socket)
    {
        using (socket)
            try
            {
                var buffer = new byte[16 << 10];
                var length = 0;
                while (length < buffer.Length && !Encoding.Latin1.GetString(buffer, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    var got = await socket.ReceiveAsync(buffer.AsMemory(length));
                    if (got == 0)
                        return;
                    length += got;
                }
                await socket.SendAsync(Encoding.Latin1.GetBytes(AnswerTo(Encoding.Latin1.GetString(buffer, 0, length))));
            }
            catch (SocketException)
            {
                // it went away
            }
    }

    string AnswerTo(string head)
    {
        var target = head.Split(' ', 3) is [_, var path, ..] ? path : "/";
        if (target.IndexOf("/to?", StringComparison.Ordinal) is >= 0 and var at)
            return $"HTTP/1.1 302 Found\r\nLocation: {Uri.UnescapeDataString(target[(at + 4)..])}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        var body = target.EndsWith("/head", StringComparison.Ordinal) ? head : word;
        return $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
    }
}
