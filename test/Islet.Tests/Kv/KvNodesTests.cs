using System.Collections.Concurrent;
using Islet.Kv.Engine;
using Islet.Kv.Queues;
using Islet.Kv.Wire;
using Islet.Tests.ControlPlane;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

/// <summary>Two nodes that have the same database open.</summary>
public sealed class KvNodesTests(PostgresPlace place) : KvTests(place), IClassFixture<PostgresPlace>
{
    [Fact]
    public async Task Both_write_and_each_commit_has_a_version_of_its_own()
    {
        var other = await OpenAsync(StartNode());

        var results = await Task.WhenAll(Enumerable.Range(0, 400).Select(n => (n % 2 == 0 ? Database : other).WriteAsync(U64(MutationKind.Sum, "n", 1))));

        results.Select(result => result.Version).Distinct().Count().ShouldBe(400);
        (await Database.NumberAsync("n")).ShouldBe(400ul);
        (await other.GetAsync("n"))!.Version.ShouldBe(results.Max(result => result.Version));
    }

    [Fact]
    public async Task Of_two_writes_with_the_same_check_one_succeeds()
    {
        var other = await OpenAsync(StartNode());
        for (var round = 0; round < 20; round++)
        {
            var key = $"once{round}";
            var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => (n % 2 == 0 ? Database : other).WriteAsync([Absent(key)], Set(key, $"{n}"))));
            results.Count(result => result.FailedChecks is null).ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_watcher_at_one_is_told_of_what_the_other_wrote()
    {
        var other = await OpenAsync(StartNode());
        using var watcher = Database.Watchers.Add([Key("a")]);
        await Task.Delay(300); // until both listen: who comes later looks at its next ping
        for (var n = 0; n < 5; n++)
        {
            await other.WriteAsync(Set("a", $"{n}"));
            do
                (await watcher.WaitAsync(TimeSpan.FromSeconds(10), default)).ShouldBeTrue();
            while (await Database.TextAsync("a") != $"{n}");
        }
    }

    [Fact]
    public async Task What_one_wrote_with_an_expiry_is_removed_by_the_other_when_the_one_is_gone()
    {
        var gone = StartNode();
        await (await OpenAsync(gone)).WriteAsync(Set("a", "1", Time.Now + 400));
        await StopAsync(gone);
        using var watcher = Database.Watchers.Add([Key("a")]);

        await Eventually.HoldsAsync(async () => await Database.GetAsync("a") is null);
        (await watcher.WaitAsync(TimeSpan.FromSeconds(10), default)).ShouldBeTrue();
        await Eventually.HoldsAsync(() => Database.NextExpiry == long.MaxValue);
    }

    [Fact]
    public async Task Each_message_is_claimed_by_one()
    {
        var other = await OpenAsync(StartNode());
        await Task.WhenAll(Enumerable.Range(0, 10).Select(part => (part % 2 == 0 ? Database : other)
            .EnqueueAsync([.. Enumerable.Range(0, 20).Select(n => Message($"{part}.{n}"))])));

        var claimed = new ConcurrentBag<QueuedMessage>();
        await Task.WhenAll(new[] { Database, other, Database, other }.Select(async database =>
        {
            while (await database.QueueAsync(new PendingClaim(7, 60_000), default) is { Count: > 0 } messages)
                foreach (var message in messages)
                    claimed.Add(message);
        }));

        claimed.Count.ShouldBe(200);
        claimed.Select(message => message.Id).Distinct().Count().ShouldBe(200);
    }

    [Fact]
    public async Task A_message_that_one_enqueued_is_known_to_the_other()
    {
        var other = await OpenAsync(StartNode());
        await Task.Delay(300); // as above
        var due = Time.Now + 3_600_000;
        await Database.EnqueueAsync(Message("a", due));

        await Eventually.HoldsAsync(() => other.NextDue == due);
    }
}
