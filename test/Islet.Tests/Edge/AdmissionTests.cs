using System.Net;
using Islet.Contracts;
using Islet.Edge.Admission;
using Islet.Tests.Gateway.Network;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Edge;

public sealed class AdmissionTests
{
    const string Ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    [Fact]
    public async Task Requests_at_once_end_at_the_routes_limit_and_below_the_nodes()
    {
        await using var edge = await EdgeUnderTest.StartAsync(o => o.MaxConcurrentRequestsPerDeployment = 2);
        var go = new TaskCompletionSource();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await go.Task;
            await link.SendAsync(Ok);
        });
        foreach (var (host, limit, admitted) in ((string, int, int)[])[("one.test", 1, 1), ("many.test", 50, 2)])
        {
            edge.Route(host, isolate.Path, limits: new ProjectLimits { ConcurrentRequests = limit });
            using var client = edge.Client(host);
            var before = isolate.Links;
            var held = Enumerable.Range(0, admitted).Select(_ => client.GetAsync("/")).ToList();
            await Eventually(() => isolate.Links == before + admitted);

            using var refused = await client.GetAsync("/");

            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            (await refused.Content.ReadAsStringAsync()).ShouldContain("(TOO_MANY_REQUESTS)");
            await Eventually(() => edge.Lines.Any(line => line.Deployment.Value == host));
            edge.Lines.Single(line => line.Deployment.Value == host).Message.ShouldBe($"Limit of {limit} requests at once reached, 1 refused");
        }

        go.SetResult();
    }

    [Fact]
    public async Task A_project_over_its_rate_gets_429_on_all_its_hosts_and_one_line_that_counts()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Answering(edge.Directory, Ok);
        var limits = new ProjectLimits { RequestsPerSecond = 1 };
        edge.Route("a.test", isolate.Path, limits: limits);
        edge.Route("b.test", isolate.Path, limits: limits);
        using var a = edge.Client("a.test");
        using var b = edge.Client("b.test");

        var first = await a.GetAsync("/");
        edge.Route("c.test", isolate.Path); // a new snapshot forgets nothing
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => b.GetAsync("/")));

        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        var refused = answers.Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        refused.Count.ShouldBeGreaterThan(10);
        refused[0].Headers.GetValues("retry-after").Single().ShouldBe("1");
        (await refused[0].Content.ReadAsStringAsync()).ShouldContain("(RATE_LIMIT)");
        await Eventually(() => !edge.Lines.IsEmpty);
        var line = edge.Lines.ShouldHaveSingleItem();
        line.Deployment.Value.ShouldBe("b.test");
        line.Message.ShouldStartWith("Limit of 1 requests per second of the project reached, ");
    }

    [Fact]
    public void A_rate_allows_one_second_at_once_and_then_evenly()
    {
        var time = new StoppedTime();
        var rates = new ProjectRates(time);

        Enumerable.Range(0, 15).Count(_ => rates.TryRequest(10)).ShouldBe(10);
        time.Forward(TimeSpan.FromMilliseconds(99));
        rates.TryRequest(10).ShouldBeFalse();
        time.Forward(TimeSpan.FromMilliseconds(1));
        rates.TryRequest(10).ShouldBeTrue();
        rates.TryRequest(10).ShouldBeFalse();
        time.Forward(TimeSpan.FromSeconds(5));
        Enumerable.Range(0, 15).Count(_ => rates.TryRequest(10)).ShouldBe(10);
    }

    [Fact]
    public async Task New_connections_beyond_a_projects_rate_wait_and_a_neighbours_do_not()
    {
        var time = new StoppedTime();
        await using var edge = await EdgeUnderTest.StartAsync(more: (builder, _) => builder.Services.AddSingleton<TimeProvider>(time));
        using var isolate = ScriptedIsolate.Answering(edge.Directory, Ok);
        var limits = new ProjectLimits { ConnectionsPerSecond = 5 };
        edge.Route("flood.test", isolate.Path, limits: limits, project: new ProjectId(Guid.NewGuid()));
        edge.Route("quiet.test", isolate.Path, limits: limits, project: new ProjectId(Guid.NewGuid()));
        const string Request = "GET / HTTP/1.1\r\nhost: flood.test\r\n\r\n";
        var visits = new List<(RawPeer Peer, Task Answered)>();
        for (var count = 0; count < 30; count++)
        {
            var peer = await edge.ConnectAsync();
            await peer.SendAsync(Request);
            visits.Add((peer, peer.ReadUntilAsync("\r\n\r\nok")));
        }

        // two seconds' worth is served at once; the others have their turns, which have not come
        await Eventually(() => visits.Count(visit => visit.Answered.IsCompletedSuccessfully) == 10);
        for (var count = 0; count < 10; count++)
            (await edge.ExchangeAsync("GET / HTTP/1.1\r\nhost: quiet.test\r\nconnection: close\r\n\r\n")).ShouldEndWith("ok");
        var first = visits.First(visit => visit.Answered.IsCompletedSuccessfully).Peer;
        await first.SendAsync(Request); // on a connection that has been counted
        await first.ReadUntilAsync("\r\n\r\nok");
        visits.Count(visit => visit.Answered.IsCompleted).ShouldBe(10);

        for (var served = 15; served <= 30; served += 5)
        {
            time.Forward(TimeSpan.FromSeconds(1));
            await Eventually(() => visits.Count(visit => visit.Answered.IsCompletedSuccessfully) == served);
        }
        var line = edge.Lines.ShouldHaveSingleItem();
        (line.Deployment.Value, line.Message).ShouldBe(("flood.test", "Limit of 5 new connections per second of the project reached, 20 held back"));
        visits.ForEach(visit => visit.Peer.Dispose());
    }

    [Fact]
    public void A_turn_that_is_too_far_away_is_no_turn()
    {
        var time = new StoppedTime();
        var rates = new ProjectRates(time);

        Enumerable.Range(0, 20).ShouldAllBe(_ => rates.Connect(10) == TimeSpan.Zero);
        rates.Connect(10).ShouldBe(TimeSpan.FromMilliseconds(100));
        Enumerable.Range(0, 200).Count(_ => rates.Connect(10) is not null).ShouldBe(99);
        time.Forward(TimeSpan.FromSeconds(13));
        rates.Connect(10).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Takers_on_many_threads_get_no_more_than_there_is_and_nothing_is_allocated()
    {
        var time = new StoppedTime();
        var bucket = new TokenBucket(time);
        bucket.TryTake(1000, 1000).ShouldBeTrue();

        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            var (count, before) = (0, GC.GetAllocatedBytesForCurrentThread());
            for (var call = 0; call < 1000; call++)
                count += bucket.TryTake(1000, 1000) ? 1 : 0;
            return (Count: count, Bytes: GC.GetAllocatedBytesForCurrentThread() - before);
        })));

        taken.Sum(taker => taker.Count).ShouldBe(999);
        taken.ShouldAllBe(taker => taker.Bytes == 0);
        bucket.Take(1000, 1000).ShouldBe(TimeSpan.FromMilliseconds(1));
        bucket.Take(1000, 1000).ShouldBe(TimeSpan.FromMilliseconds(2));
    }

    [Theory]
    [InlineData(null, 200)]
    [InlineData(20_000, 200)]
    [InlineData(200, 20_000)]
    public async Task The_shorter_of_the_projects_and_the_deployments_timeout_holds(int? deployments, int projects)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await Task.Delay(TimeSpan.FromMinutes(1)); // a timer holds on to it: the link is not to be collected
        });
        edge.Route(
            "app.test", isolate.Path, deployments is { } own ? TimeSpan.FromMilliseconds(own) : null,
            new ProjectLimits { RequestTimeout = TimeSpan.FromMilliseconds(projects) });
        using var client = edge.Client("app.test");

        using var answer = await client.GetAsync("/").WaitAsync(TimeSpan.FromSeconds(10));

        answer.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("(REQUEST_TIMEOUT)");
    }

    [Fact]
    public async Task A_projects_timeout_ends_with_the_answers_head()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no");
            await Task.Delay(800);
            await link.SendAsync("k");
        });
        edge.Route("app.test", isolate.Path, limits: new ProjectLimits { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        using var client = edge.Client("app.test");

        (await client.GetStringAsync("/")).ShouldBe("ok");
    }

    static async Task Eventually(Func<bool> holds)
    {
        for (var i = 0; i < 100 && !holds(); i++)
            await Task.Delay(50);
        holds().ShouldBeTrue();
    }
}
