using System.Net.Sockets;
using System.Text;

namespace Islet.Tests.Edge;

/// <summary>One end of a connection, byte by byte: a visitor, or the isolate's side of a link.</summary>
sealed class RawPeer(Socket socket) : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    readonly byte[] buffer = new byte[64 * 1024];
    readonly StringBuilder pending = new();

    public Socket Socket => socket;

    public Task SendAsync(string latin1) => SendAsync(Encoding.Latin1.GetBytes(latin1));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes, limit.Token)..];
    }

    /// <summary>Sends each byte in a call of its own.</summary>
    public async Task SendSplitAsync(string latin1)
    {
        foreach (var b in Encoding.Latin1.GetBytes(latin1))
        {
            await SendAsync(new[] { b });
            await Task.Yield();
        }
    }

    /// <summary>Bytes up to and with the marker. Fails when the peer ends before.</summary>
    public async Task<string> ReadUntilAsync(string marker)
    {
        while (true)
        {
            var text = pending.ToString();
            var at = text.IndexOf(marker, StringComparison.Ordinal);
            if (at >= 0)
            {
                pending.Remove(0, at + marker.Length);
                return text[..(at + marker.Length)];
            }

            if (await ReceiveAsync() == 0)
                throw new EndOfStreamException($"Ended after: {text}");
        }
    }

    /// <summary>As <see cref="ReadUntilAsync"/> for what is too long to be kept.</summary>
    public async Task SkipUntilAsync(string marker)
    {
        while (!pending.ToString().Contains(marker, StringComparison.Ordinal))
        {
            if (pending.Length > marker.Length)
                pending.Remove(0, pending.Length - marker.Length);
            if (await ReceiveAsync() == 0)
                throw new EndOfStreamException();
        }
    }

    public Task<string> ReadHeadAsync() => ReadUntilAsync("\r\n\r\n");

    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync() > 0)
        {
        }

        var text = pending.ToString();
        pending.Clear();
        return text;
    }

    /// <summary>True when the peer resets, or ends, within the limit.</summary>
    public async Task<bool> EndsAsync()
    {
        try
        {
            await ReadToEndAsync();
            return true;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    public void Dispose() => socket.Dispose();

    async Task<int> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var count = await socket.ReceiveAsync(buffer, limit.Token);
        pending.Append(Encoding.Latin1.GetString(buffer, 0, count));
        return count;
    }
}
