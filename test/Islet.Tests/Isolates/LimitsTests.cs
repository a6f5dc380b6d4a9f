using Islet.Contracts;
using Islet.Edge.Watching;
using Islet.Isolates.Sandbox;
using Islet.Tests.Edge;

namespace Islet.Tests.Isolates;

public sealed class LimitsTests
{
    const string Hello = "Deno.serve(() => new Response('hello'));";

    [Fact]
    public async Task Processor_time_of_an_isolate_can_be_read_and_grows()
    {
        await using var node = await IsolatesFixture.StartAsync();
        if (!node.Status.HardLimits)
            Assert.Skip("No cgroup can be written here.");
        var lease = await node.LeaseAsync(node.Program("Deno.serve(() => { const end = Date.now() + 300; while (Date.now() < end); return new Response('x'); });"));
        using var usage = CpuUsage.TryOpen(lease.CpuUsageFile).ShouldNotBeNull();

        var before = usage.Read().ShouldNotBeNull();
        await IsolatesFixture.GetAsync(lease);
        var after = usage.Read().ShouldNotBeNull();

        (after - before).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(30).Ticks);
        File.GetUnixFileMode(lease.CpuUsageFile!).ShouldSatisfyAllConditions(mode => mode.HasFlag(UnixFileMode.OtherRead).ShouldBeTrue());
        node.Isolates.Kill(lease, ShutdownReason.CpuLimit);
        await lease.Ended;
        for (var look = 0; look < 200 && usage.Read() is not null; look++)
            await Task.Delay(10);
        usage.Read().ShouldBeNull();
    }

    [Theory]
    [InlineData(Hello)]
    [InlineData("export default { fetch() { console.log('seen'); return new Response(''); } };")]
    [InlineData("import http from 'node:http'; http.createServer(() => console.log('seen')).on('connection', () => console.log('seen')).on('clientError', () => console.log('seen')).listen(0);")]
    public async Task A_loop_that_turns_reads_a_probe_and_the_program_does_not_notice(string program)
    {
        await using var node = await IsolatesFixture.StartAsync();
        var lease = await node.LeaseAsync(node.Program(program));
        using var probe = new LoopProbe(lease.SocketPath);

        for (var round = 1; round <= 3; round++)
        {
            probe.Look(round);
            probe.UnreadSince.ShouldBe(round);
            for (var look = 0; look < 200 && probe.UnreadSince is not null; look++)
            {
                await Task.Delay(10);
                probe.Look(round);
            }

            probe.UnreadSince.ShouldBeNull();
        }

        await Task.Delay(200);
        node.Log.Of(lease.Deployment).Select(line => line.Message).ShouldAllBe(message => message.StartsWith("isolate start time", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("for (;;);", ShutdownReason.CpuLimit, "CPU time limit exceeded, terminated")]
    [InlineData("process.kill(process.pid, 'SIGSTOP');", ShutdownReason.EventLoopBlocked, "Event loop blocked for too long, terminated")]
    public async Task A_killed_isolate_is_gone_at_once_and_a_new_one_takes_its_place(string act, ShutdownReason reason, string line)
    {
        await using var node = await IsolatesFixture.StartAsync();
        var spec = node.Program($"import process from 'node:process'; Deno.serve((r) => {{ if (r.url.endsWith('/act')) {{ {act} }} return new Response('hello'); }});");
        var lease = await node.LeaseAsync(spec);
        using var probe = new LoopProbe(lease.SocketPath);
        var cut = IsolatesFixture.GetAsync(lease, "/act");
        await Task.Delay(300);
        probe.Look(1);
        await Task.Delay(300);
        probe.Look(2);
        probe.UnreadSince.ShouldBe(1);

        node.Isolates.Kill(lease, reason);
        node.Isolates.Kill(lease, ShutdownReason.Crashed);
        var next = await node.LeaseAsync(spec);
        var end = await lease.Ended.WaitAsync(TimeSpan.FromSeconds(10));

        (end.Reason, end.ExitCode).ShouldBe((reason, -9));
        next.Id.ShouldNotBe(lease.Id);
        (await IsolatesFixture.GetAsync(next)).ShouldEndWith("hello");
        (await cut).ShouldBeEmpty();
        node.Log.Of(spec.Deployment).Select(told => told.Message).ShouldContain(line);
    }

    [Theory]
    [InlineData("for (;;);")]
    [InlineData("return (async () => { for (;;) { const end = Date.now() + 20; while (Date.now() < end); await new Promise((done) => setTimeout(done)); } })();")]
    [InlineData("setTimeout(() => { for (;;); }, 10); return new Response('soon');")]
    public async Task Processor_time_over_the_limit_ends_an_isolate_during_a_request_and_after_it(string act)
    {
        await using var node = await IsolatesFixture.StartAsync();
        if (!node.Status.HardLimits)
            Assert.Skip("No cgroup can be written here.");
        await using var edge = await EdgeUnderTest.StartAsync();
        var spec = node.Program($"Deno.serve((request) => {{ if (request.url.endsWith('/act')) {{ {act} }} return new Response('hello'); }});");
        edge.OnKill = node.Isolates.Kill;
        edge.Route("app.test", () => node.Isolates.LeaseAsync(spec, default), limits: new ProjectLimits { CpuPerRequest = TimeSpan.FromMilliseconds(50) });
        using var client = edge.Client("app.test");
        (await client.GetStringAsync("/")).ShouldBe("hello");

        var answer = await client.GetStringAnywayAsync("/act");

        answer.ShouldBeOneOf("soon", answer.Contains("(TIME_LIMIT)", StringComparison.Ordinal) ? answer : "a page of TIME_LIMIT");
        for (var look = 0; look < 500 && edge.Killed.IsEmpty; look++)
            await Task.Delay(20);
        edge.Killed.ShouldHaveSingleItem().Reason.ShouldBe(ShutdownReason.CpuLimit);
        (await client.GetStringAsync("/")).ShouldBe("hello");
        edge.Leases.ShouldBe(2);
        const string Line = "CPU time limit exceeded, terminated";
        for (var look = 0; look < 500 && node.Log.Of(spec.Deployment).All(line => line.Message != Line); look++)
            await Task.Delay(20); // it is told when the process is gone
        node.Log.Of(spec.Deployment).Select(line => line.Message).ShouldContain(Line);
    }

    [Fact]
    public async Task Isolates_of_an_organization_end_at_its_limit_and_its_log_says_so_once()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var organization = new OrganizationId(Guid.NewGuid());
        var (first, second) = (Of(organization), Of(organization));
        var lease = await node.LeaseAsync(first);

        for (var again = 0; again < 3; again++)
            (await node.FailureAsync(second)).Reason.ShouldBe(StartFailureReason.OrganizationLimit);
        await node.LeaseAsync(first);
        await node.LeaseAsync(Of(new OrganizationId(Guid.NewGuid())));

        node.Log.Of(second.Deployment).ShouldHaveSingleItem().Message.ShouldBe("Isolate limit of the organization reached (1)");
        node.Isolates.Kill(lease, ShutdownReason.CpuLimit);
        await node.LeaseAsync(second);

        IsolateSpec Of(OrganizationId owner) => node.Program(Hello) with { Organization = owner, Limits = new ProjectLimits { LiveIsolates = 1 } };
    }

    [Theory]
    [InlineData(1, "4: ENOSPC")]
    [InlineData(1024, "done")]
    public async Task A_project_has_less_room_in_tmp_than_the_node_gives(int megabytes, string expected)
    {
        await using var node = await IsolatesFixture.StartAsync(options =>
        {
            options.TmpSize = 8 << 20;
            options.WithoutWalls.Add(Walls.DenoPermissions); // by these no program writes to its disk at all
        });
        var lease = await node.LeaseAsync(node.Program(Filling("/tmp")) with { Limits = new ProjectLimits { TmpBytes = (long)megabytes << 20 } });

        (await IsolatesFixture.GetAsync(lease)).ShouldEndWith(expected);
    }

    [Theory]
    [InlineData("/run/islet", "0: ENOSPC")]
    [InlineData("/deno", "done")]
    public async Task What_lies_beside_the_sockets_has_a_size_too(string directory, string expected)
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.WithoutWalls.Add(Walls.DenoPermissions));
        var lease = await node.LeaseAsync(node.Program(Filling(directory)));

        (await IsolatesFixture.GetAsync(lease)).ShouldEndWith(expected);
    }

    [Theory]
    [InlineData(96, ShutdownReason.MemoryLimit)]
    [InlineData(1024, null)]
    public async Task A_projects_memory_limit_holds_below_the_nodes(int megabytes, ShutdownReason? reason)
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.MemoryLimit = 512 << 20);
        var lease = await node.LeaseAsync(node.Program("Deno.serve(() => { globalThis.kept = new Uint8Array(150 << 20).fill(1); return new Response('hello'); });")
            with { Limits = new ProjectLimits { Memory = (long)megabytes << 20 } });

        var answer = IsolatesFixture.GetAsync(lease);

        if (reason is null)
            (await answer).ShouldEndWith("hello");
        else
            (await lease.Ended.WaitAsync(TimeSpan.FromSeconds(20))).Reason.ShouldBe(reason.Value);
        await answer.ContinueWith(static _ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    // Five times a quarter of a megabyte; tells how many went before one did not.
    static string Filling(string directory) => $$"""
        Deno.serve(() => {
          for (let written = 0; written < 5; written++)
            try { Deno.writeFileSync("{{directory}}/fill" + written, new Uint8Array(1 << 18)); } catch (error) { return new Response(written + ": " + (error.code ?? error.name)); }
          return new Response("done");
        });
        """;
}
