using System.Net;
using Islet.Contracts;

namespace Islet.Tests.Edge;

public sealed class VisitorTests
{
    const string Ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    [Fact]
    public async Task What_concerns_one_connection_or_claims_an_address_is_not_passed_on()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var seen = "";
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            seen = await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: X-Secret, keep-alive\r\nX-Secret: 1\r\nKeep-Alive: 3\r\nServer: mine\r\nX-Deno-Ray: mine\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Latin: \xe9\r\n\r\nok");
        });
        edge.Route("app.test", isolate.Path);

        using var client = await edge.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: X-Other, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Forwarded-For: 6.6.6.6\r\nx-forwarded-host: evil\r\nForwarded: for=6.6.6.6\r\nX-Islet-Client: 6.6.6.6:1\r\nX-Real-IP: 6.6.6.6\r\nX-Forwarded-Proto: gopher\r\nX-Kept: \xe9\r\n\r\n");
        var answer = await client.ReadUntilAsync("\r\n\r\nok");

        seen.ShouldNotContain("6.6.6.6");
        seen.ShouldNotContain("evil");
        seen.ShouldNotContain("X-Hop", Case.Insensitive);
        seen.ShouldNotContain("TE:");
        seen.ShouldNotContain("connection:", Case.Insensitive);
        seen.ShouldContain("X-Kept: \xe9\r\n");
        seen.ShouldContain("x-forwarded-for: 127.0.0.1\r\n");
        seen.ShouldContain("x-forwarded-proto: http\r\n");
        answer.ShouldNotContain("X-Secret", Case.Insensitive);
        answer.ShouldNotContain("Keep-Alive", Case.Insensitive);
        answer.ShouldNotContain("mine");
        answer.ShouldContain("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
        answer.ShouldContain("X-Latin: \xe9\r\n");
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: gzip\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.0\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: +1\r\n\r\nx", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: -0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400)]
    [InlineData("GET /#x HTTP/1.1\r\nHost: app.test\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: app.test:70000\r\n\r\n", 404)]
    [InlineData("GET / HTTP/1.1\nHost: app.test\n\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: app.test\r\nX-A: 1\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: app.test\r\nHost: app.test\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: app.test\r\nX-A : 1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: app.test\r\nX-A: 1\r\n folded\r\n\r\n", 400)]
    [InlineData("GET http://other.test/ HTTP/1.1\r\nHost: app.test\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("CONNECT app.test:80 HTTP/1.1\r\nHost: app.test:80\r\n\r\n", 405)]
    public async Task Requests_that_can_be_read_in_two_ways_are_refused(string request, int status)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) => await link.ReadToEndAsync());
        edge.Route("app.test", isolate.Path);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(request);

        var head = await client.ReadHeadAsync();

        if (status == 501)
            head.ShouldMatch("^HTTP/1.1 (400|501) ");
        else
            head.ShouldStartWith($"HTTP/1.1 {status} ");
        if (status == 400)
            (await client.EndsAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Unknown_hosts_get_the_page_they_accept()
    {
        await using var edge = await EdgeUnderTest.StartAsync();

        var text = await edge.ExchangeAsync("GET / HTTP/1.1\r\nHost: nobody.test\r\nConnection: close\r\n\r\n");
        var html = await edge.ExchangeAsync("GET / HTTP/1.1\r\nHost: nobody.test\r\nAccept: text/html,*/*\r\nConnection: close\r\n\r\n");

        text.ShouldStartWith("HTTP/1.1 404 Not Found\r\n");
        text.ShouldContain("x-deno-ray: us-east4::", Case.Insensitive);
        text.ShouldEndWith("\r\n\r\n404: Not Found (DEPLOYMENT_NOT_FOUND)\n\nThe requested deployment does not exist.\n");
        html.ShouldContain("Content-Type: text/html");
        html.ShouldContain("<h1>404 Not Found</h1>");
        html.ShouldContain("DEPLOYMENT_NOT_FOUND");
    }

    [Fact]
    public async Task Chunked_upload_is_framed_anew_and_expectation_is_met()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var seen = "";
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            seen = await link.ReadUntilAsync("0\r\n\r\n");
            await link.SendAsync(Ok);
        });
        edge.Route("app.test", isolate.Path);
        using var client = await edge.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
        (await client.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 100 ");
        await client.SendSplitAsync("5;x=y\r\nhello\r\n0\r\nX-T: 1\r\n\r\n");

        (await client.ReadUntilAsync("\r\n\r\nok")).ShouldStartWith("HTTP/1.1 200 ");
        seen.ShouldContain("transfer-encoding: chunked\r\n");
        seen.ShouldNotContain("x=y");
        seen.ShouldNotContain("Expect");
    }

    [Fact]
    public async Task An_early_answer_reaches_a_visitor_that_still_uploads()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno");
            await Task.Delay(TimeSpan.FromSeconds(5));
        });
        edge.Route("app.test", isolate.Path);
        using var client = await edge.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5000000\r\n\r\n" + new string('x', 20_000));

        (await client.ReadUntilAsync("\r\n\r\nno")).ShouldStartWith("HTTP/1.1 413 ");
    }

    [Fact]
    public async Task When_the_visitor_leaves_the_isolate_is_told()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var told = new TaskCompletionSource();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.EndsAsync();
            told.SetResult();
        });
        edge.Route("app.test", isolate.Path);
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
            await Task.Delay(100);
        }

        await told.Task.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_silent_program_is_a_504_and_a_slow_one_past_its_route_s_limit_is_cut()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.DefaultRequestTimeout = TimeSpan.FromMilliseconds(300));
        using var silent = ScriptedIsolate.Start(edge.Directory, async (link, _) => await link.ReadToEndAsync());
        using var slow = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            for (var i = 0; i < 10; i++)
            {
                await link.SendAsync("1\r\nx\r\n");
                await Task.Delay(100);
            }

            await link.SendAsync("0\r\n\r\n");
        });
        edge.Route("silent.test", silent.Path);
        edge.Route("slow.test", slow.Path);
        edge.Route("limited.test", slow.Path, TimeSpan.FromMilliseconds(300));
        using var first = edge.Client("silent.test");
        using var second = edge.Client("slow.test");
        using var third = edge.Client("limited.test");

        (await first.GetStringAnywayAsync("/")).ShouldStartWith("504: Gateway Timeout (REQUEST_TIMEOUT)");
        (await second.GetStringAsync("/")).ShouldBe("xxxxxxxxxx");
        await Should.ThrowAsync<HttpRequestException>(() => third.GetStringAsync("/"));
    }

    [Fact]
    public async Task Over_the_concurrency_limit_is_429_and_a_body_over_its_limit_413()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => (o.MaxConcurrentRequestsPerDeployment, o.MaxBodySize) = (1, 1000));
        var go = new TaskCompletionSource();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await go.Task;
            await link.SendAsync(Ok);
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        var first = client.GetStringAsync("/");
        await Task.Delay(100);
        (await client.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        go.SetResult();
        (await first).ShouldBe("ok");
        (await client.PostAsync("/", new StringContent(new string('x', 1001)))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Head_gets_the_length_without_the_body_and_the_link_stays()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            while (true)
                await link.SendAsync((await link.ReadHeadAsync()).StartsWith("HEAD", StringComparison.Ordinal) ? "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n" : Ok);
        });
        edge.Route("app.test", isolate.Path);

        var seen = await edge.ExchangeAsync("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\nGET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");

        seen.ShouldContain("Content-Length: 99\r\n");
        seen.ShouldEndWith("\r\n\r\nok");
        isolate.Links.ShouldBe(1);
    }

    [Fact]
    public async Task Http2_with_prior_knowledge_is_served_on_the_same_port_with_trailers()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            while (true)
            {
                var head = await link.ReadHeadAsync();
                if (head.Contains("chunked", StringComparison.Ordinal))
                    await link.ReadUntilAsync("0\r\n\r\n");
                await link.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n");
            }
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test", HttpVersion.Version20);

        for (var i = 0; i < 3; i++)
        {
            using var answer = await client.PostAsync("/x", new StreamContent(new MemoryStream([1, 2, 3])));
            answer.Version.ShouldBe(HttpVersion.Version20);
            (await answer.Content.ReadAsStringAsync()).ShouldBe("hello");
            answer.TrailingHeaders.GetValues("x-sum").ShouldBe(["7"]);
        }

        (await client.GetStringAsync("/")).ShouldBe("hello");
    }

    [Fact]
    public async Task A_request_reaches_the_isolate_the_same_however_it_is_split()
    {
        const string Request = "POST /p?q HTTP/1.1\r\nHost: app.test\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00a\r\n0123456789\r\n0\r\n\r\n";
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            while (true)
            {
                var head = await link.ReadHeadAsync();
                var body = "";
                while (true)
                {
                    var size = Convert.ToInt32((await link.ReadUntilAsync("\r\n"))[..^2], 16);
                    body += (await link.ReadUntilAsync("\r\n"))[..^2];
                    if (size == 0)
                        break;
                }

                head.ShouldStartWith("POST http://app.test/p?q HTTP/1.1\r\nhost: app.test\r\nX-A: 1\r\n");
                await link.SendAsync($"HTTP/1.1 200 OK\r\ncontent-length: {body.Length}\r\n\r\n{body}");
            }
        });
        edge.Route("app.test", isolate.Path);
        using var client = await edge.ConnectAsync();

        for (var at = 1; at < Request.Length; at++)
        {
            await client.SendAsync(Request[..at]);
            await Task.Delay(1);
            await client.SendAsync(Request[at..]);
            (await client.ReadUntilAsync("\r\n\r\nhello0123456789")).ShouldStartWith("HTTP/1.1 200 ");
        }

        isolate.Links.ShouldBe(1);
    }

    [Fact]
    public async Task An_upload_longer_than_the_default_timeout_is_not_cut_while_it_moves()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.DefaultRequestTimeout = TimeSpan.FromMilliseconds(400));
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadUntilAsync("the end");
            await link.SendAsync(Ok);
        });
        edge.Route("app.test", isolate.Path);
        using var client = await edge.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5007\r\n\r\n");
        for (var i = 0; i < 5; i++)
        {
            await Task.Delay(200);
            await client.SendAsync(new string('x', 1000));
        }

        await client.SendAsync("the end");

        (await client.ReadUntilAsync("\r\n\r\nok")).ShouldStartWith("HTTP/1.1 200 ");
    }

    [Fact]
    public async Task A_program_that_does_not_read_makes_the_visitor_wait()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await Task.Delay(TimeSpan.FromSeconds(10));
        });
        edge.Route("app.test", isolate.Path);
        using var client = await edge.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 100000000\r\n\r\n");
        var piece = new byte[64 * 1024];
        var sent = 0L;

        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            while (true)
                sent += await client.Socket.SendAsync(piece, stop.Token);
        });

        sent.ShouldBeLessThan(20_000_000);
    }
}
