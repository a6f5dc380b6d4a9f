using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Islet.Contracts;

namespace Islet.Tests.Edge;

public sealed class WatchTests
{
    const string Ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    static readonly ProjectLimits SoonBlocked = new() { EventLoopBlocked = TimeSpan.FromMilliseconds(500) };

    [Theory]
    [InlineData("for (;;);")]
    [InlineData("process.kill(process.pid, 'SIGSTOP');")]
    [InlineData("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);")]
    public async Task A_loop_that_stands_is_killed_and_the_next_request_gets_a_fresh_isolate(string act)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, $$"""
            import process from 'node:process';
            let arrived = 0;
            Deno.serve(() => {
              if (++arrived < 3) return new Promise(() => {});
              {{act}}
              return new Response('?');
            });
            """);
        using var fresh = ScriptedIsolate.Answering(edge.Directory, Ok);
        edge.OnKill = (_, _) => isolate.Dispose();
        edge.Route("app.test", () => new(LeaseOutcome.Of(edge.NewLease("app.test", edge.Leases == 1 ? isolate.Path : fresh.Path))),
            limits: SoonBlocked);
        using var client = edge.Client("app.test");

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => client.GetAsync("/")));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.BadGateway);
        (await answers[0].Content.ReadAsStringAsync()).ShouldContain("(EVENT_LOOP_BLOCKED)");
        (await client.GetStringAsync("/")).ShouldBe("ok");
        edge.Killed.ShouldHaveSingleItem().Reason.ShouldBe(ShutdownReason.EventLoopBlocked);
        edge.Returned.ShouldHaveSingleItem().Reason.ShouldBe(ShutdownReason.EventLoopBlocked);
    }

    [Theory]
    [InlineData("Deno.serve(() => new Promise(() => {}));")]
    [InlineData("export default { fetch() { return new Promise(() => {}); } };")]
    [InlineData("import http from 'node:http'; http.createServer(() => {}).listen(0);")]
    public async Task A_program_that_only_lets_wait_is_left_alone(string program)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, program);
        edge.Route("app.test", isolate.Path, TimeSpan.FromSeconds(3), SoonBlocked);
        using var client = edge.Client("app.test");

        using var answer = await client.GetAsync("/");

        answer.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        edge.Killed.ShouldBeEmpty();
        isolate.Lines.ShouldAllBe(line => line.Contains("Listening", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_full_queue_of_connections_counts_as_unread()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var path = Path.Combine(edge.Directory, "deaf.sock");
        using var deaf = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        deaf.Bind(new UnixDomainSocketEndPoint(path));
        deaf.Listen(0);
        edge.OnKill = (_, _) => deaf.Dispose();
        edge.Route("app.test", path, limits: SoonBlocked);
        using var client = edge.Client("app.test");

        (await client.GetStringAnywayAsync("/")).ShouldContain("(EVENT_LOOP_BLOCKED)");
    }

    [Theory]
    [InlineData("{0}\n", 1_000_000_000)]
    [InlineData("usage_usec {0}\nuser_usec 1\n", 1_000_000)]
    public async Task Processor_time_over_the_average_is_a_kill_and_what_was_used_before_is_not_counted(string form, long second)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var usage = Path.Combine(edge.Directory, "usage");
        await SetAsync(50);
        var ends = new TaskCompletionSource();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await ends.Task;
        });
        edge.OnKill = (_, _) => ends.SetResult();
        edge.Route("app.test", () => new(LeaseOutcome.Of(edge.NewLease("app.test", isolate.Path) with { CpuUsageFile = usage })));
        using var client = edge.Client("app.test");

        var answer = client.GetStringAnywayAsync("/");
        await Task.Delay(700);
        await SetAsync(53);
        await Task.Delay(700);
        edge.Killed.ShouldBeEmpty();
        await SetAsync(54);

        (await answer.WaitAsync(TimeSpan.FromSeconds(10))).ShouldContain("(TIME_LIMIT)");
        edge.Killed.ShouldHaveSingleItem().Reason.ShouldBe(ShutdownReason.CpuLimit);

        Task SetAsync(long seconds) => File.WriteAllTextAsync(usage, string.Format(CultureInfo.InvariantCulture, form, seconds * second));
    }

    [Fact]
    public async Task New_limits_hold_for_an_isolate_that_runs()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, "Deno.serve(() => { for (;;); });");
        edge.OnKill = (_, _) => isolate.Dispose();
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        var answer = client.GetStringAnywayAsync("/");
        await Task.Delay(500);
        edge.Route("app.test", isolate.Path, limits: SoonBlocked);

        (await answer.WaitAsync(TimeSpan.FromSeconds(10))).ShouldContain("(EVENT_LOOP_BLOCKED)");
    }
}
