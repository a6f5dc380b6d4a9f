using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Islet.Tests.Builds;

/// <summary>A module server on loopback that keeps every request's head and answers with the text it is told to.</summary>
sealed class Origin : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly Func<string, string?> answer;

    /// <param name="answer">The whole response for a path; null: none, ever.</param>
    public Origin(Func<string, string?> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public ConcurrentQueue<string> Heads { get; } = new();

    public static string Ok(string body) => $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nSet-Cookie: a=b\r\nConnection: close\r\n\r\n{body}";

    public static string Moved(string to) => $"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    public void Dispose() => listener.Dispose();

    async Task AcceptAsync()
    {
        try
        {
            for (;;)
                _ = AnswerAsync(await listener.AcceptSocketAsync());
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }

    async Task AnswerAsync(Socket visitor)
    {
        using (visitor)
        {
            var buffer = new byte[16384];
            var head = Encoding.ASCII.GetString(buffer, 0, await visitor.ReceiveAsync(buffer));
            Heads.Enqueue(head);
            if (answer(head.Split(' ')[1]) is { } text)
                await visitor.SendAsync(Encoding.ASCII.GetBytes(text));
            else
                await visitor.ReceiveAsync(buffer); // until the other side gives up
        }
    }
}
