using System.Net.Sockets;
using Islet.Edge.Links;
using Shouldly;
using Xunit;

namespace Islet.Tests.Edge;

public sealed class LinkSocketTests : IAsyncLifetime
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    readonly string path = Path.Combine(Path.GetTempPath(), $"islet-{Guid.NewGuid():n}.sock");
    LinkSocket link = null!;
    Socket peer = null!;

    public async ValueTask InitializeAsync()
    {
        using var listener = New();
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var socket = New();
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        (link, peer) = (new LinkSocket(socket), await listener.AcceptAsync());
    }

    public ValueTask DisposeAsync()
    {
        link.Dispose();
        peer.Dispose();
        File.Delete(path);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Bytes_go_both_ways_whole_and_in_order_whatever_their_pieces()
    {
        const int Total = 8 << 20;
        var bytes = new byte[Total];
        new Random(1).NextBytes(bytes);
        await Task.WhenAll(SendAsync(), EchoAsync(), ReceiveAsync()).WaitAsync(Limit);

        async Task SendAsync()
        {
            var random = new Random(2);
            for (int sent = 0, piece; sent < Total; sent += piece)
                await link.SendAsync(bytes.AsMemory(sent, piece = Math.Min(random.Next(1, 300_000), Total - sent)));
        }

        async Task EchoAsync()
        {
            var random = new Random(3);
            var buffer = new byte[100_000];
            for (int seen = 0, piece; seen < Total; seen += piece)
            {
                piece = await peer.ReceiveAsync(buffer.AsMemory(0, random.Next(1, buffer.Length)));
                await peer.SendAsync(buffer.AsMemory(0, piece));
            }
        }

        async Task ReceiveAsync()
        {
            var random = new Random(4);
            var back = new byte[Total];
            for (int seen = 0, piece; seen < Total; seen += piece)
                (piece = await link.ReceiveAsync(back.AsMemory(seen, Math.Min(random.Next(1, 60_000), Total - seen)))).ShouldBeGreaterThan(0);
            back.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_end_that_comes_with_the_last_bytes_is_seen_behind_them(bool waits)
    {
        var buffer = new byte[10];
        if (!waits)
            await LeaveAsync();
        var last = link.ReceiveAsync(buffer).AsTask();
        if (waits)
            await LeaveAsync();
        (await last.WaitAsync(Limit)).ShouldBe(2);
        (await link.ReceiveAsync(buffer).AsTask().WaitAsync(Limit)).ShouldBe(0);

        async Task LeaveAsync()
        {
            await peer.SendAsync("ab"u8.ToArray());
            peer.Dispose();
        }
    }

    [Fact]
    public async Task Who_receives_and_who_sends_are_told_when_it_is_closed()
    {
        var receiving = link.ReceiveAsync(new byte[10]).AsTask();
        var sending = link.SendAsync(new byte[4 << 20]).AsTask(); // the peer takes nothing
        sending.IsCompleted.ShouldBeFalse();
        link.Dispose();
        await Should.ThrowAsync<ObjectDisposedException>(receiving.WaitAsync(Limit));
        await Should.ThrowAsync<ObjectDisposedException>(sending.WaitAsync(Limit));
        Should.Throw<ObjectDisposedException>(() => link.ReceiveAsync(new byte[10]).AsTask().GetAwaiter().GetResult());
    }

    [Fact]
    public async Task A_sender_is_told_of_a_peer_that_dies()
    {
        var sending = link.SendAsync(new byte[4 << 20]).AsTask();
        sending.IsCompleted.ShouldBeFalse();
        peer.Dispose();
        await Should.ThrowAsync<SocketException>(sending.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_peer_that_reads_wakes_nobody()
    {
        var waiting = link.ReceiveAsync(new byte[10]).AsTask();
        var rounds = new List<long>(); // links of other tests share the threads
        for (var round = 0; round < 5; round++)
        {
            var before = Wakings();
            for (var times = 0; times < 1000; times++)
            {
                await link.SendAsync("a"u8.ToArray());
                (await peer.ReceiveAsync(new byte[10])).ShouldBe(1);
            }
            rounds.Add(Wakings() - before);
        }
        rounds.Min().ShouldBeLessThan(500);
        await peer.SendAsync("b"u8.ToArray());
        (await waiting.WaitAsync(Limit)).ShouldBe(1);
    }

    static long Wakings() => Directory.EnumerateDirectories("/proc/self/task")
        .Where(thread => File.ReadAllText($"{thread}/comm").StartsWith("islet-links", StringComparison.Ordinal))
        .Sum(thread => long.Parse(File.ReadLines($"{thread}/status").First(line => line.StartsWith("voluntary", StringComparison.Ordinal)).Split(':')[1]));

    static Socket New() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
