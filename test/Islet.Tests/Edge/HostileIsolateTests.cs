using System.Net;
using System.Net.Http;
using Islet.Contracts;

namespace Islet.Tests.Edge;

public sealed class HostileIsolateTests
{
    const string Ask = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
    const string AskAndClose = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a:\t2 \r\n\r\nhello", "hello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n002\r\nlo\r\n0\r\nX-T: 1\r\n\r\n", "hello")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok", "ok")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "")]
    [InlineData("HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\netag: \"a\"\r\n\r\n", "")]
    public async Task Good_answers_survive_any_split_and_leave_the_link_usable(string answer, string body)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Answering(edge.Directory, answer, split: true);
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        for (var i = 0; i < 3; i++)
            (await client.GetStringAnywayAsync("/")).ShouldBe(body);

        isolate.Links.ShouldBe(1);
    }

    [Theory]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A : 1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: 1\r\n folded\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: a\0b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: a\rb\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("")]
    public async Task Bad_heads_are_answered_502(string answer)
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.WaitForEnd = TimeSpan.FromMilliseconds(20));
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync(answer);
        });
        edge.Route("app.test", isolate.Path);

        var seen = await edge.ExchangeAsync(AskAndClose);

        seen.ShouldStartWith("HTTP/1.1 502 Bad Gateway\r\n");
        seen.ShouldEndWith("502: Bad Gateway (ISOLATE_INTERNAL_FAILURE)\n\nThe deployment failed while serving the request.\n");
        isolate.Links.ShouldBe(1);
    }

    [Fact]
    public async Task A_head_without_end_is_cut_at_a_limit()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.WaitForEnd = TimeSpan.FromMilliseconds(20));
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\n");
            while (true)
                await link.SendAsync("x: " + new string('y', 1000) + "\r\n");
        });
        edge.Route("app.test", isolate.Path);

        (await edge.ExchangeAsync(AskAndClose)).ShouldStartWith("HTTP/1.1 502 ");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nbad trailer\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\ncontent-length: 5\r\n\r\n")]
    public async Task A_body_that_breaks_its_framing_never_ends_cleanly(string answer)
    {
        foreach (var split in (bool[])[false, true])
        {
            await using var edge = await EdgeUnderTest.StartAsync();
            using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
            {
                await link.ReadHeadAsync();
                await (split ? link.SendSplitAsync(answer) : link.SendAsync(answer));
            });
            edge.Route("app.test", isolate.Path);
            using var client = edge.Client("app.test");

            await Should.ThrowAsync<HttpRequestException>(() => client.GetStringAsync("/"));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task A_link_with_leftovers_or_close_is_not_used_again(string answer)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Answering(edge.Directory, answer);
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        for (var i = 0; i < 3; i++)
            (await client.GetStringAsync("/")).ShouldBe("hello");

        isolate.Links.ShouldBe(3);
    }

    [Fact]
    public async Task Bytes_that_come_between_two_answers_are_not_taken_for_the_next()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.WaitForEnd = TimeSpan.FromMilliseconds(20));
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            await Task.Delay(50);
            await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            await link.ReadToEndAsync();
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        (await client.GetStringAsync("/")).ShouldBe("hello");
        await Task.Delay(150);

        (await client.GetStringAsync("/")).ShouldBe("hello");
    }

    [Fact]
    public async Task An_answer_until_close_is_passed_on_whole()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\n\r\nhel");
            await Task.Delay(20);
            await link.SendAsync("lo");
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        (await client.GetStringAsync("/")).ShouldBe("hello");
    }

    [Fact]
    public async Task A_get_on_a_link_that_died_in_the_pool_is_sent_once_more()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, number) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + number);
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        for (var i = 1; i < 4; i++)
        {
            (await client.GetStringAsync("/")).ShouldBe($"{i}");
            await Task.Delay(20);
        }

        (await (await client.PostAsync("/", new StringContent("x"))).Content.ReadAsStringAsync()).ShouldBe("4");
    }

    [Fact]
    public async Task A_post_that_was_sent_is_never_sent_again()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.WaitForEnd = TimeSpan.FromMilliseconds(20));
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, number) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + number);
            await link.ReadHeadAsync();
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");
        (await client.GetStringAsync("/")).ShouldBe("1");

        (await client.PostAsync("/", new StringContent("x"))).StatusCode.ShouldBe(HttpStatusCode.BadGateway);

        isolate.Links.ShouldBe(1);
    }

    [Theory]
    [InlineData(ShutdownReason.MemoryLimit, "MEMORY_LIMIT")]
    [InlineData(ShutdownReason.Crashed, "UNCAUGHT_EXCEPTION")]
    [InlineData(ShutdownReason.TimeLimit, "BOOT_TIME_LIMIT")]
    [InlineData(ShutdownReason.CpuLimit, "TIME_LIMIT")]
    [InlineData(ShutdownReason.EventLoopBlocked, "EVENT_LOOP_BLOCKED")]
    [InlineData(ShutdownReason.Exited, "ISOLATE_INTERNAL_FAILURE")]
    public async Task The_page_tells_why_the_isolate_died(ShutdownReason reason, string code)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var ended = new TaskCompletionSource<IsolateEnd>();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, number) =>
        {
            await link.ReadHeadAsync();
            _ = Task.Delay(50).ContinueWith(done => ended.SetResult(new IsolateEnd(reason, 1, [])), TaskScheduler.Default);
        });
        edge.Route("app.test", () => new(LeaseOutcome.Of(edge.NewLease("app.test", isolate.Path, ended.Task))));

        (await edge.ExchangeAsync(AskAndClose)).ShouldContain($"\r\n\r\n502: Bad Gateway ({code})\n");
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Answering(edge.Directory, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        edge.Route("app.test", isolate.Path);

        var seen = await edge.ExchangeAsync(Ask + Ask + AskAndClose);

        seen.Split("\r\n\r\nok").Length.ShouldBe(4);
    }
}
