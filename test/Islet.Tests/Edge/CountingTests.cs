using Islet.Contracts;

namespace Islet.Tests.Edge;

/// <summary>What the edge tells about use.</summary>
public sealed class CountingTests
{
    const string Answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

    [Fact]
    public async Task Requests_bytes_and_life_are_told_and_nothing_twice()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var received = 0L;
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            while (true)
            {
                Interlocked.Add(ref received, (await link.ReadHeadAsync()).Length);
                await link.SendAsync(Answer);
            }
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        foreach (var _ in Enumerable.Range(0, 30))
            (await client.GetStringAsync("/")).ShouldBe("hello");

        await WaitAsync(() => edge.Used.Sum(sample => sample.Requests) >= 30 && edge.Used.Sum(sample => sample.Egress) >= 30 * Answer.Length);
        await WaitAsync(() => edge.Used.Count(sample => sample.Uptime > 0) > 2);
        edge.Used.Sum(sample => sample.Requests).ShouldBe(30);
        edge.Used.Sum(sample => sample.Egress).ShouldBe(30 * Answer.Length);
        edge.Used.Sum(sample => sample.Ingress).ShouldBe(Interlocked.Read(ref received));
    }

    [Fact]
    public async Task Bytes_of_a_body_that_streams_are_told_before_it_ends()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var enough = new TaskCompletionSource();
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            for (var piece = 0; piece < 10; piece++)
                await link.SendAsync("1000\r\n" + new string('x', 0x1000) + "\r\n");
            await enough.Task;
            await link.SendAsync("0\r\n\r\n");
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        using var answer = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        var body = answer.Content.ReadAsStringAsync();
        await WaitAsync(() => edge.Used.Sum(sample => sample.Egress) > 10 * 0x1000);
        body.IsCompleted.ShouldBeFalse();
        enough.SetResult();
        (await body).Length.ShouldBe(10 * 0x1000);
    }

    [Fact]
    public async Task What_an_isolate_used_is_told_when_it_goes()
    {
        var cpu = Path.GetTempFileName();
        var memory = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(cpu, "usage_usec 2000000\nuser_usec 1\n");
            await File.WriteAllTextAsync(memory, "anon 12345678\nfile 99\n");
            await using var edge = await EdgeUnderTest.StartAsync(options => options.IdleTimeout = TimeSpan.FromMilliseconds(200));
            using var isolate = ScriptedIsolate.Answering(edge.Directory, Answer);
            edge.Route("app.test", () => new(LeaseOutcome.Of(edge.NewLease("app.test", isolate.Path) with { CpuUsageFile = cpu, MemoryStatFile = memory })));
            using var client = edge.Client("app.test");

            await client.GetStringAsync("/");
            await WaitAsync(() => !edge.Returned.IsEmpty);

            edge.Used.Sum(sample => sample.Cpu).ShouldBe(2 * TimeSpan.TicksPerSecond);
            edge.Used.Max(sample => sample.MaxRss).ShouldBe(12345678);
            edge.Used.Sum(sample => sample.Egress).ShouldBe(Answer.Length);
        }
        finally
        {
            File.Delete(cpu);
            File.Delete(memory);
        }
    }

    [Fact]
    public async Task Requests_that_are_refused_are_not_counted()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Answering(edge.Directory, Answer);
        edge.Route("app.test", isolate.Path, limits: new ProjectLimits { RequestsPerSecond = 1 });
        using var client = edge.Client("app.test");

        var statuses = new List<int>();
        for (var count = 0; count < 20; count++)
        {
            using var answer = await client.GetAsync("/");
            statuses.Add((int)answer.StatusCode);
        }
        var served = statuses.Count(status => status == 200);
        served.ShouldBeInRange(1, 19);

        await WaitAsync(() => edge.Used.Count(sample => sample.Uptime > 0) > 2);
        edge.Used.Sum(sample => sample.Requests).ShouldBe(served);
    }

    [Theory]
    [InlineData("one.wild.test", 200)]
    [InlineData("ONE.wild.test.", 200)]
    [InlineData("exact.wild.test", 404)] // it leads to a deployment that does not start, and goes before the wildcard
    [InlineData("wild.test", 404)]
    [InlineData("two.one.wild.test", 404)]
    [InlineData(".wild.test", 404)]
    [InlineData("*.wild.test", 404)]
    [InlineData("a%20b.wild.test", 404)]
    [InlineData("a\u007fb.wild.test", 404)]
    public async Task Wildcard_covers_one_label(string host, int status)
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        using var isolate = ScriptedIsolate.Answering(edge.Directory, Answer);
        edge.Route("*.wild.test", isolate.Path);
        edge.Route("exact.wild.test", () => new(LeaseOutcome.Of(new StartFailure(StartFailureReason.NoCapacity, []))));

        var answer = await edge.ExchangeAsync($"GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");

        var got = int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        (got == 200).ShouldBe(status == 200, answer);
    }

    static async Task WaitAsync(Func<bool> condition)
    {
        for (var waited = 0; !condition(); waited++)
        {
            (waited < 600).ShouldBeTrue("It did not come within 30 s.");
            await Task.Delay(50);
        }
    }
}
