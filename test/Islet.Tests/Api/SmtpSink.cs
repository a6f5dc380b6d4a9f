using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Islet.Tests.Api;

/// <summary>A mail server on loopback that takes everything (RFC 5321) and keeps it.</summary>
sealed class SmtpSink : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly Task serving;

    public SmtpSink()
    {
        listener.Start();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public ConcurrentQueue<(List<string> Recipients, byte[] Message)> Received { get; } = new();

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
    }

    async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await TalkAsync(client.GetStream());
            }
        }
        catch (SocketException)
        {
            // stopped
        }
    }

    async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var recipients = new List<string>();
        await SayAsync("220 sink");
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("RCPT TO:<", StringComparison.OrdinalIgnoreCase))
                recipients.Add(line[9..line.IndexOf('>', StringComparison.Ordinal)]);
            if (line == "DATA")
            {
                await SayAsync("354 go on");
                Received.Enqueue((recipients, await MessageAsync()));
            }
            await SayAsync(line == "QUIT" ? "221 bye" : "250 ok");
            if (line == "QUIT")
                return;
        }

        ValueTask SayAsync(string text) => stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"));

        async Task<byte[]> MessageAsync()
        {
            var message = new StringBuilder();
            while (await reader.ReadLineAsync() is { } line && line != ".")
                message.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
            return Encoding.Latin1.GetBytes(message.ToString());
        }
    }
}
