using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text;

namespace Islet.Tests.Edge;

/// <summary>
/// What the scripted peer cannot prove: that the runtime and the edge understand one another. Alone, because what the
/// process allocates is measured.
/// </summary>
[Collection(nameof(DenoTests))]
[CollectionDefinition(nameof(DenoTests), DisableParallelization = true)]
public sealed class DenoTests
{
    const int Megabyte = 1 << 20;

    const string Program = """
        let cancelled = 0, pulled = 0;
        Deno.serve(async (request) => {
          const url = new URL(request.url);
          switch (url.pathname) {
            case "/url": return new Response(request.url);
            case "/echo": return new Response(request.body, { headers: { "x-length": request.headers.get("content-length") ?? "none" } });
            case "/count": {
              let count = 0;
              for await (const piece of request.body) count += piece.length;
              return new Response(String(count));
            }
            case "/big": {
              let left = 50 * 16;
              const piece = new Uint8Array(65536).fill(120);
              return new Response(new ReadableStream({
                pull(c) { if (left-- > 0) { c.enqueue(piece); pulled += 65536; } else c.close(); },
              }));
            }
            case "/events": {
              let timer;
              return new Response(new ReadableStream({
                start(c) { let n = 0; timer = setInterval(() => c.enqueue(new TextEncoder().encode(`data: ${n++}\n\n`)), 50); },
                cancel() { cancelled++; clearInterval(timer); },
              }), { headers: { "content-type": "text/event-stream" } });
            }
            case "/pulled": return new Response(String(pulled));
            case "/cancelled": return new Response(String(cancelled));
            case "/early": return new Response("no", { status: 413 });
            case "/socket": {
              if (request.headers.get("upgrade") !== "websocket") return new Response("not a socket", { status: 426 });
              const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "chat" });
              socket.onmessage = (e) => e.data === "bye" ? socket.close(4001, "seen") : socket.send(e.data);
              return response;
            }
            case "/refused": return new Response("no sockets here", { status: 403 });
            default: return new Response("hello", { headers: { "x-client": request.headers.get("x-islet-client") } });
          }
        });
        """;

    [Fact]
    public async Task Requests_arrive_with_their_public_url()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test:8443");
        using var second = edge.Client("app.test", HttpVersion.Version20);

        (await client.GetStringAsync("/url?a=%2f//b")).ShouldBe("http://app.test:8443/url?a=%2f//b");
        (await second.GetStringAsync("/url")).ShouldBe("http://app.test/url");
        (await client.GetAsync("/")).Headers.GetValues("x-client").Single().ShouldMatch("^127.0.0.1:[0-9]+$");
    }

    [Fact]
    public async Task Bodies_come_back_as_they_went_with_and_without_length()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);
        var bytes = new byte[100_000];
        Random.Shared.NextBytes(bytes);

        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var client = edge.Client("app.test", version);

            // this client reads only when it has sent all, so an echo beyond all buffers would stand still
            foreach (var size in (int[])[0, 1, 5000, 16_384, 70_000, bytes.Length])
            {
                using var counted = await client.PostAsync("/echo", new ByteArrayContent(bytes, 0, size));
                (await counted.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(bytes.AsSpan(0, size)).ShouldBeTrue();
                counted.Headers.GetValues("x-length").ShouldBe([$"{size}"]);

                using var chunked = await client.PostAsync("/echo", new UnknownLengthContent(bytes.AsMemory(0, size)));
                (await chunked.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(bytes.AsSpan(0, size)).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public async Task Fifty_megabytes_pass_both_ways_in_flat_memory()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");
        (await client.GetStringAsync("/")).ShouldBe("hello");
        var before = Allocated();

        using (var down = await client.GetAsync("/big", HttpCompletionOption.ResponseHeadersRead))
        {
            await using var body = await down.Content.ReadAsStreamAsync();
            var buffer = new byte[64 * 1024];
            long total = 0;
            for (int count; (count = await body.ReadAsync(buffer)) > 0; total += count)
            {
                if (total < Megabyte)
                    await Task.Delay(10); // a slow reader at first: what is sent meanwhile must wait in the program
            }

            total.ShouldBe(50 * Megabyte);
        }

        using (var up = await client.PostAsync("/count", new UnknownLengthContent(new byte[Megabyte], 50)))
            (await up.Content.ReadAsStringAsync()).ShouldBe($"{50 * Megabyte}");

        (Allocated() - before).ShouldBeLessThan(12 * Megabyte);

        static long Allocated() => GC.GetTotalAllocatedBytes();
    }

    [Fact]
    public async Task An_echo_of_megabytes_runs_in_both_directions_at_once()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);
        using var client = await edge.ConnectAsync();

        await client.SendAsync($"POST /echo HTTP/1.1\r\nHost: app.test\r\nContent-Length: {8 * Megabyte + 3}\r\n\r\n");
        var send = client.SendAsync(new string('x', 8 * Megabyte) + "end");
        await client.SkipUntilAsync("end");
        await send;
    }

    [Fact]
    public async Task A_reader_that_stops_makes_the_program_wait()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);
        using var client = await edge.ConnectAsync();
        await client.SendAsync("GET /big HTTP/1.1\r\nHost: app.test\r\n\r\n");
        await client.ReadHeadAsync();
        using var other = edge.Client("app.test");

        await Task.Delay(700);
        var pulled = int.Parse(await other.GetStringAsync("/pulled"));
        await Task.Delay(300);

        int.Parse(await other.GetStringAsync("/pulled")).ShouldBe(pulled);
        pulled.ShouldBeLessThan(20 * Megabyte);
    }

    [Fact]
    public async Task Events_arrive_one_by_one_and_leaving_cancels_the_stream()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);
        using var other = edge.Client("app.test");

        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            var before = int.Parse(await other.GetStringAsync("/cancelled"));
            using (var client = edge.Client("app.test", version))
            using (var answer = await client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead))
            {
                using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
                var watch = Stopwatch.StartNew();
                for (var i = 0; i < 4; i++)
                {
                    (await reader.ReadLineAsync()).ShouldBe($"data: {i}");
                    (await reader.ReadLineAsync()).ShouldBe("");
                }

                watch.ElapsedMilliseconds.ShouldBeInRange(100, 3000);
            }

            for (var i = 0; i < 100 && int.Parse(await other.GetStringAsync("/cancelled")) == before; i++)
                await Task.Delay(20);
            (await other.GetStringAsync("/cancelled")).ShouldBe($"{before + 1}");
        }
    }

    [Fact]
    public async Task A_web_socket_echoes_and_both_ends_see_the_close()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.IdleTimeout = TimeSpan.FromMilliseconds(300));
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "app.test");
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{edge.Port}/socket"), default);
        socket.SubProtocol.ShouldBe("chat");

        var buffer = new byte[100_000];
        foreach (var text in (string[])["hi", new string('x', 70_000)])
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, default);
            var count = 0;
            for (ValueWebSocketReceiveResult piece = default; !piece.EndOfMessage; count += piece.Count)
                piece = await socket.ReceiveAsync(buffer.AsMemory(count), default);
            Encoding.ASCII.GetString(buffer, 0, count).ShouldBe(text);
        }

        await Task.Delay(800);
        edge.Returned.ShouldBeEmpty();
        await socket.SendAsync("bye"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        (await socket.ReceiveAsync(buffer.AsMemory(), default)).MessageType.ShouldBe(WebSocketMessageType.Close);
        socket.CloseStatus.ShouldBe((WebSocketCloseStatus)4001);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        for (var i = 0; i < 100 && edge.Returned.IsEmpty; i++)
            await Task.Delay(50);
        edge.Returned.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_upgrade_is_an_ordinary_answer()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);

        using var client = await edge.ConnectAsync();
        await client.SendAsync("GET /refused HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        (await client.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 403 ");
        await client.ReadUntilAsync("no sockets here");
    }

    [Fact]
    public async Task Head_and_expectations_and_early_answers_work_with_the_runtime()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, Program);
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var expecting = new HttpRequestMessage(HttpMethod.Post, "/count") { Content = new StringContent("12345"), Headers = { ExpectContinue = true } };
        (await (await client.SendAsync(expecting)).Content.ReadAsStringAsync()).ShouldBe("5");

        using var early = await edge.ConnectAsync();
        await early.SendAsync("POST /early HTTP/1.1\r\nHost: app.test\r\nContent-Length: 8000000\r\n\r\n" + new string('x', 100_000));
        (await early.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 413 ");
        (await client.GetStringAsync("/")).ShouldBe("hello");
    }

    sealed class UnknownLengthContent(ReadOnlyMemory<byte> bytes, int times = 1) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var i = 0; i < times; i++)
                await stream.WriteAsync(bytes);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
