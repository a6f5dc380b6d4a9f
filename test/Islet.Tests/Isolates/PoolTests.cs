using Islet.Contracts;
using Islet.Isolates;
using Islet.Isolates.Sandbox;

namespace Islet.Tests.Isolates;

public sealed class PoolTests
{
    const string Hello = "Deno.serve(() => new Response('hello'));";

    [Fact]
    public async Task Two_hundred_callers_share_one_start()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var spec = node.Program(Hello);

        var leases = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => node.LeaseAsync(spec)));

        leases.Select(lease => lease.Id).Distinct().Count().ShouldBe(1);
        (await node.LeaseAsync(spec)).ColdStart.ShouldBeNull();
    }

    [Fact]
    public async Task The_last_return_ends_the_isolate_and_a_second_return_of_one_lease_counts_once()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var spec = node.Program(Hello);
        var first = await node.LeaseAsync(spec);
        var second = await node.LeaseAsync(spec);

        node.Isolates.Return(first, ShutdownReason.Idle);
        node.Isolates.Return(first, ShutdownReason.Idle);
        (await IsolatesFixture.GetAsync(second)).ShouldEndWith("hello");
        node.Isolates.Return(second, ShutdownReason.Idle);

        var end = await second.Ended.WaitAsync(TimeSpan.FromSeconds(10));
        (end.Reason, end.ExitCode).ShouldBe((ShutdownReason.Idle, -15));
        (await node.LeaseAsync(spec)).Id.ShouldNotBe(first.Id);
    }

    [Fact]
    public async Task A_drained_isolate_tells_its_holders_and_a_new_one_takes_its_place()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var spec = node.Program(Hello);
        var old = await node.LeaseAsync(spec);

        node.Isolates.Drain(spec.Deployment, ShutdownReason.Replaced);
        var present = await node.LeaseAsync(spec);

        present.Id.ShouldNotBe(old.Id);
        SpinWait.SpinUntil(() => old.Draining.IsCancellationRequested, TimeSpan.FromSeconds(5)).ShouldBeTrue();
        (await IsolatesFixture.GetAsync(old)).ShouldEndWith("hello");
        node.Isolates.Return(old, ShutdownReason.Replaced);
        (await old.Ended.WaitAsync(TimeSpan.FromSeconds(10))).Reason.ShouldBe(ShutdownReason.Replaced);
        (await IsolatesFixture.GetAsync(present)).ShouldEndWith("hello");
    }

    [Fact]
    public async Task Past_the_drain_grace_holders_are_cut_off()
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.DrainGrace = TimeSpan.FromMilliseconds(200));
        var lease = await node.LeaseAsync(node.Program(Hello));

        node.Isolates.Drain(lease.Deployment, ShutdownReason.Deleted);

        (await lease.Ended.WaitAsync(TimeSpan.FromSeconds(10))).Reason.ShouldBe(ShutdownReason.Deleted);
    }

    [Fact]
    public async Task A_program_that_ignores_SIGTERM_is_killed()
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.TermGrace = TimeSpan.FromMilliseconds(300));
        var lease = await node.LeaseAsync(node.Program("Deno.addSignalListener('SIGTERM', () => {}); " + Hello));

        node.Isolates.Return(lease, ShutdownReason.Idle);

        var end = await lease.Ended.WaitAsync(TimeSpan.FromSeconds(10));
        (end.Reason, end.ExitCode).ShouldBe((ShutdownReason.Idle, -9));
    }

    [Fact]
    public async Task Above_the_limit_there_is_no_capacity_until_one_ends()
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.MaxIsolates = 1);
        var lease = await node.LeaseAsync(node.Program(Hello));

        (await node.FailureAsync(node.Program(Hello))).Reason.ShouldBe(StartFailureReason.NoCapacity);

        node.Isolates.Return(lease, ShutdownReason.Idle);
        await lease.Ended;
        SpinWait.SpinUntil(() => Directory.GetDirectories(Path.Combine(node.Data, "run", "slots")).Length <= 1, TimeSpan.FromSeconds(5));
        await Task.Delay(50);
        await node.LeaseAsync(node.Program(Hello));
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_no_isolate_behind()
    {
        await using var node = await IsolatesFixture.StartAsync();
        using var impatience = new CancellationTokenSource();
        var lease = node.Isolates.LeaseAsync(node.Program(Hello), impatience.Token).AsTask();

        await impatience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(lease);
        SpinWait.SpinUntil(() => Directory.GetDirectories(Path.Combine(node.Data, "run", "slots")).Length == 1, TimeSpan.FromSeconds(5)).ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_is_left_after_the_server_stopped()
    {
        var node = await IsolatesFixture.StartAsync();
        var lease = await node.LeaseAsync(node.Program(Hello));
        var slots = Path.Combine(node.Data, "run", "slots");

        await node.DisposeAsync();

        var everywhere = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        (await lease.Ended).Reason.ShouldBe(ShutdownReason.ServerStopping);
        Directory.Exists(slots).ShouldBeFalse();
        ProcessesNaming(slots).ShouldBeEmpty();
        Directory.EnumerateDirectories("/sys/fs/cgroup", ChooseSandbox.GroupOf(Path.GetDirectoryName(slots)!), everywhere).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_directory_is_refused()
    {
        var place = Directory.CreateTempSubdirectory("islet-t").FullName;
        await using (await IsolatesFixture.StartAsync(at: place))
            (await Should.ThrowAsync<InvalidOperationException>(() => IsolatesFixture.StartAsync(at: place))).Message.ShouldContain("Another server");
        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public async Task The_strongest_jail_is_chosen()
    {
        await using var node = await IsolatesFixture.StartAsync();
        node.Status.Level.ShouldBe(Environment.IsPrivilegedProcess ? JailLevel.Full : JailLevel.UserNamespace);
    }

    static List<string> ProcessesNaming(string path) =>
        [.. Directory.GetDirectories("/proc").Select(directory => Path.Combine(directory, "mountinfo")).Where(file => Mentions(file, path))];

    static bool Mentions(string file, string text)
    {
        try
        {
            return File.Exists(file) && File.ReadAllText(file).Contains(text, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // the process went while we looked
        }
    }
}
