using System.Net;
using Islet.Contracts;
using Islet.Edge.Admission;

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
        var rate = new RequestRate();
        var now = TimeSpan.TicksPerHour;

        Enumerable.Range(0, 15).Count(_ => rate.TryTake(10, now)).ShouldBe(10);
        rate.TryTake(10, now + TimeSpan.TicksPerMillisecond * 99).ShouldBeFalse();
        rate.TryTake(10, now + TimeSpan.TicksPerMillisecond * 100).ShouldBeTrue();
        rate.TryTake(10, now + TimeSpan.TicksPerMillisecond * 100).ShouldBeFalse();
        Enumerable.Range(0, 15).Count(_ => rate.TryTake(10, now + TimeSpan.TicksPerSecond * 5)).ShouldBe(10);
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
