using System.Net;
using Islet.Contracts;

namespace Islet.Tests.Edge;

public sealed class LeasingTests
{
    const string Ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    [Fact]
    public async Task Requests_of_a_cold_deployment_share_one_lease()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Answering(edge.Directory, Ok);
        edge.Route("app.test", async () =>
        {
            await Task.Delay(100);
            return LeaseOutcome.Of(edge.NewLease("app.test", isolate.Path));
        });
        using var client = edge.Client("app.test");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetAsync("/")));
        using var later = await client.GetAsync("/");

        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK && a.Headers.Contains("server-timing"));
        later.Headers.Contains("server-timing").ShouldBeFalse();
        edge.Leases.ShouldBe(1);
    }

    [Theory]
    [InlineData(StartFailureReason.UncaughtException, 502, "UNCAUGHT_EXCEPTION")]
    [InlineData(StartFailureReason.MemoryLimit, 502, "MEMORY_LIMIT")]
    [InlineData(StartFailureReason.TimeLimit, 502, "BOOT_TIME_LIMIT")]
    [InlineData(StartFailureReason.OrganizationLimit, 503, "ISOLATE_LIMIT")]
    [InlineData(StartFailureReason.NoServer, 502, "ISOLATE_INTERNAL_FAILURE")]
    [InlineData(StartFailureReason.Internal, 502, "ISOLATE_INTERNAL_FAILURE")]
    [InlineData(StartFailureReason.NoCapacity, 503, "NO_CAPACITY")]
    public async Task A_failed_start_is_a_page_and_the_next_request_tries_again(StartFailureReason reason, int status, string code)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        edge.Route("app.test", () => new(LeaseOutcome.Of(new StartFailure(reason, []))));
        using var client = edge.Client("app.test");

        for (var i = 0; i < 2; i++)
        {
            using var answer = await client.GetAsync("/");
            ((int)answer.StatusCode).ShouldBe(status);
            (await answer.Content.ReadAsStringAsync()).ShouldContain($"({code})");
        }

        edge.Leases.ShouldBe(2);
    }

    [Fact]
    public async Task An_idle_isolate_is_returned_and_the_next_request_leases_anew()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.IdleTimeout = TimeSpan.FromMilliseconds(300));
        using var isolate = ScriptedIsolate.Answering(edge.Directory, Ok);
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        (await client.GetStringAsync("/")).ShouldBe("ok");
        await Eventually(() => edge.Returned.Count == 1);
        (await client.GetStringAsync("/")).ShouldBe("ok");

        edge.Returned.First().Reason.ShouldBe(ShutdownReason.Idle);
        edge.Leases.ShouldBe(2);
    }

    [Fact]
    public async Task A_request_in_flight_keeps_an_isolate_from_being_idle()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.IdleTimeout = TimeSpan.FromMilliseconds(200));
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await Task.Delay(800);
            await link.SendAsync(Ok);
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        (await client.GetStringAsync("/")).ShouldBe("ok");

        edge.Returned.ShouldBeEmpty();
        await Eventually(() => edge.Returned.Count == 1);
    }

    [Fact]
    public async Task A_draining_isolate_finishes_what_it_has_and_gets_nothing_new()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var draining = new CancellationTokenSource();
        var go = new TaskCompletionSource();
        using var old = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await go.Task;
            await link.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold");
        });
        using var fresh = ScriptedIsolate.Answering(edge.Directory, "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nnew");
        edge.Route("app.test", () => new(LeaseOutcome.Of(edge.Leases == 1
            ? edge.NewLease("app.test", old.Path, draining: draining.Token)
            : edge.NewLease("app.test", fresh.Path))));
        using var client = edge.Client("app.test");

        var first = client.GetStringAsync("/");
        await Task.Delay(100);
        await draining.CancelAsync();
        (await client.GetStringAsync("/")).ShouldBe("new");
        edge.Returned.ShouldBeEmpty();
        go.SetResult();

        (await first).ShouldBe("old");
        await Eventually(() => edge.Returned.Count == 1);
        edge.Returned.Single().Reason.ShouldBe(ShutdownReason.Replaced);
    }

    [Fact]
    public async Task A_deployment_without_routes_is_returned_and_no_more_served()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Answering(edge.Directory, Ok);
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");
        (await client.GetStringAsync("/")).ShouldBe("ok");

        edge.Unroute("app.test");

        (await client.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await Eventually(() => edge.Returned.Count == 1);
        edge.Returned.Single().Reason.ShouldBe(ShutdownReason.Deleted);
    }

    [Fact]
    public async Task An_isolate_that_died_unnoticed_is_replaced_within_the_request()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var ended = new TaskCompletionSource<IsolateEnd>();
        var first = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync(Ok);
        });
        using var second = ScriptedIsolate.Answering(edge.Directory, Ok);
        edge.Route("app.test", () => new(LeaseOutcome.Of(edge.Leases == 1
            ? edge.NewLease("app.test", first.Path, ended.Task)
            : edge.NewLease("app.test", second.Path))));
        using var client = edge.Client("app.test");
        (await client.GetStringAsync("/")).ShouldBe("ok");

        first.Dispose();
        await Task.Delay(50);
        var next = client.PostAsync("/", new StringContent(""));
        await Task.Delay(50);
        ended.SetResult(new IsolateEnd(ShutdownReason.Crashed, 1, []));

        (await next).StatusCode.ShouldBe(HttpStatusCode.OK);
        edge.Leases.ShouldBe(2);
        edge.Returned.Single().Reason.ShouldBe(ShutdownReason.Crashed);
    }

    [Fact]
    public async Task New_routes_of_a_host_apply_to_the_next_request()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var old = ScriptedIsolate.Answering(edge.Directory, "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold");
        using var fresh = ScriptedIsolate.Answering(edge.Directory, "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nnew");
        edge.Route("app.test", () => new(LeaseOutcome.Of(edge.NewLease("one", old.Path))), deployment: "one");
        using var client = edge.Client("app.test");
        (await client.GetStringAsync("/")).ShouldBe("old");

        edge.Route("app.test", () => new(LeaseOutcome.Of(edge.NewLease("two", fresh.Path))), deployment: "two");

        (await client.GetStringAsync("/")).ShouldBe("new");
    }

    static async Task Eventually(Func<bool> holds)
    {
        for (var i = 0; i < 100 && !holds(); i++)
            await Task.Delay(50);
        holds().ShouldBeTrue();
    }
}
