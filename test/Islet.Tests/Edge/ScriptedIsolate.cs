using System.Net.Sockets;

namespace Islet.Tests.Edge;

/// <summary>
/// The isolate's end of the links, played by the test: each accepted link runs the script with its number. A connection
/// that begins with an empty line is the edge looking whether somebody reads; it is read and is no link.
/// </summary>
sealed class ScriptedIsolate : IDisposable
{
    readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    int links;

    ScriptedIsolate(string path) => Path = path;

    public string Path { get; }

    public int Links => Volatile.Read(ref links);

    public static ScriptedIsolate Start(string directory, Func<RawPeer, int, Task> script)
    {
        var isolate = new ScriptedIsolate(System.IO.Path.Combine(directory, $"{Guid.NewGuid():N}.sock"));
        isolate.listener.Bind(new UnixDomainSocketEndPoint(isolate.Path));
        isolate.listener.Listen(64);
        _ = isolate.AcceptAsync(script);
        return isolate;
    }

    /// <summary>Answers every request on every link with the same bytes; a request has no body.</summary>
    public static ScriptedIsolate Answering(string directory, string answer, bool split = false) => Start(directory, async (link, _) =>
    {
        while (true)
        {
            await link.ReadHeadAsync();
            await (split ? link.SendSplitAsync(answer) : link.SendAsync(answer));
        }
    });

    public void Dispose() => listener.Dispose();

    async Task AcceptAsync(Func<RawPeer, int, Task> script)
    {
        try
        {
            while (true)
                _ = RunAsync(await listener.AcceptAsync(), script);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // disposed: the test is over
        }
    }

    async Task RunAsync(Socket socket, Func<RawPeer, int, Task> script)
    {
        using var link = new RawPeer(socket);
        try
        {
            var first = new byte[1];
            if (await socket.ReceiveAsync(first, SocketFlags.Peek) == 1 && first[0] == '\r')
            {
                await link.ReadToEndAsync();
                return;
            }

            await script(link, Interlocked.Increment(ref links));
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException or ObjectDisposedException)
        {
            // the edge closed the link
        }
    }
}
