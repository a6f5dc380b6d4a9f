using Islet.Kv.Engine;
using Islet.Kv.Queues;
using Islet.Kv.Wire;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

public sealed class KvQueueOnFilesTests(FilePlace place) : KvQueueTests(place), IClassFixture<FilePlace>;

public sealed class KvQueueOnPostgresTests(PostgresPlace place) : KvQueueTests(place), IClassFixture<PostgresPlace>;

/// <summary>Messages as they are stored: when they are due, who has them, and where they end.</summary>
public abstract class KvQueueTests(KvPlace place) : KvTests(place)
{
    const long Lease = 5_000;

    static readonly uint[] Default = [100, 1_000, 5_000, 30_000, 60_000];

    [Fact]
    public async Task Messages_come_in_the_order_in_which_they_are_due()
    {
        var now = Time.Now;
        await Database.EnqueueAsync([.. Enumerable.Range(0, 50).Select(n => Message($"{n * 7 % 50:00}", now - 1000 + n * 7 % 50))]);
        Time.Move(10);

        var first = await ClaimAsync(20);
        var rest = await ClaimAsync(100);

        first.Concat(rest).Select(message => Text(message.Payload)).ShouldBe(Enumerable.Range(0, 50).Select(n => $"{n:00}"), ignoreOrder: true);
        first.Count.ShouldBe(20);
    }

    [Fact]
    public async Task The_earliest_is_claimed_first()
    {
        var start = Time.Now + 1000;
        foreach (var n in new[] { 3, 1, 4, 0, 2 })
            await Database.EnqueueAsync(Message($"{n}", start + n));
        (await ClaimAsync(10)).ShouldBeEmpty("none is due");
        Database.NextDue.ShouldBe(start);
        Time.Move(2000);

        (await ClaimAsync(3)).Select(message => Text(message.Payload)).ShouldBe(["0", "1", "2"]);
        (await ClaimAsync(10)).Select(message => Text(message.Payload)).ShouldBe(["3", "4"]);
    }

    [Fact]
    public async Task A_message_is_enqueued_only_with_its_whole_write()
    {
        await Database.WriteAsync(Set("a", "1"));
        (await Database.WriteAsync(new AtomicWrite([Absent("a")], [], [Message("no")]), default)).FailedChecks.ShouldBe([0u]);
        await Should.ThrowAsync<Islet.Kv.KvException>(async () => await Database.WriteAsync(new AtomicWrite([], [U64(MutationKind.Sum, "a", 1)], [Message("no")]), default));
        var result = await Database.WriteAsync(new AtomicWrite([], [Set("b", "1")], [Message("yes", 0, [1, 2], "k1", "k2")]), default);

        var message = (await ClaimAsync(10)).ShouldHaveSingleItem();

        Text(message.Payload).ShouldBe("yes");
        message.Backoff.ShouldBe([1u, 2u]);
        message.KeysIfUndelivered.Select(Text).ShouldBe(["k1", "k2"]);
        message.Attempt.ShouldBe(0);
        result.Version.ShouldBe((await Database.GetAsync("b"))!.Version);
    }

    [Fact]
    public async Task A_delay_is_kept_and_at_most_thirty_days()
    {
        var refused = await Should.ThrowAsync<Islet.Kv.KvException>(() => Database.EnqueueAsync(Message("late", Time.Now + 31L * 24 * 3_600_000)));
        refused.Message.ShouldBe("The deadline of a queue message is too far in the future.");
        await Database.EnqueueAsync(Message("later", Time.Now + 30L * 24 * 3_600_000));

        Time.Move(29L * 24 * 3_600_000);
        (await ClaimAsync(1)).ShouldBeEmpty();
        Time.Move(24L * 3_600_000 + 1);
        (await ClaimAsync(1)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(new uint[0])]
    [InlineData(new uint[] { 10, 3_600_000 })]
    public async Task A_failed_message_comes_again_by_its_schedule_and_then_goes_to_its_keys(uint[] own)
    {
        using var watcher = Database.Watchers.Add([Key("dead1")]);
        var enqueued = (await Database.EnqueueAsync(Message("payload", 0, own, "dead1", "dead2"))).Version;

        var attempt = 0;
        foreach (var pause in own.Length == 0 ? Default : own)
        {
            var message = (await ClaimAsync(10)).ShouldHaveSingleItem();
            message.Attempt.ShouldBe(attempt++);
            var before = Time.Now;
            (await FinishAsync(message, delivered: false)).ShouldBeTrue();
            Database.NextDue.ShouldBeInRange(before + pause, Time.Now + pause);
            if (pause > 20_000)
            {
                Time.Move(pause - 20_000);
                (await ClaimAsync(10)).ShouldBeEmpty("it is not due yet");
                Time.Move(20_000);
            }
            else
                Time.Move(pause);
        }
        (await Database.GetAllAsync("dead1", "dead2")).ShouldAllBe(entry => entry == null);
        await FinishAsync((await ClaimAsync(10)).ShouldHaveSingleItem(), delivered: false);

        var dead = await Database.GetAllAsync("dead1", "dead2");
        dead.Select(entry => (Text(entry!.Value), entry.Encoding)).ShouldBe([("payload", KvEncoding.V8), ("payload", KvEncoding.V8)]);
        dead[0]!.Version.ShouldBe(dead[1]!.Version);
        dead[0]!.Version.ShouldBeGreaterThan(enqueued);
        (await watcher.WaitAsync(TimeSpan.FromSeconds(10), default)).ShouldBeTrue();
        Database.NextDue.ShouldBe(long.MaxValue);
        (await Database.WriteAsync()).Version.ShouldBeGreaterThan(dead[0]!.Version);
    }

    [Fact]
    public async Task A_delivered_message_is_over()
    {
        await Database.EnqueueAsync(Message("a", 0, null, "dead"));
        (await FinishAsync((await ClaimAsync(1))[0], delivered: true)).ShouldBeTrue();

        Time.Move(Lease * 100);
        (await ClaimAsync(10)).ShouldBeEmpty();
        (await Database.GetAsync("dead")).ShouldBeNull();
        Database.NextDue.ShouldBe(long.MaxValue);
    }

    [Fact]
    public async Task Who_does_not_finish_in_its_lease_has_it_no_more()
    {
        await Database.EnqueueAsync(Message("a"));
        var message = (await ClaimAsync(10)).ShouldHaveSingleItem();
        (await ClaimAsync(10)).ShouldBeEmpty("it is leased");

        Time.Move(Lease - 1000);
        await ExtendAsync(message);
        Time.Move(Lease - 1000);
        (await ClaimAsync(10)).ShouldBeEmpty("the lease was extended");

        Time.Move(1001);
        var again = (await ClaimAsync(10)).ShouldHaveSingleItem();
        (again.Id, again.Attempt).ShouldBe((message.Id, 0));
    }

    [Fact]
    public async Task The_end_of_a_message_that_is_over_changes_nothing()
    {
        await Database.EnqueueAsync(Message("a", 0, [1], "dead"), Message("b"));
        var claimed = await ClaimAsync(10);
        var (a, b) = (claimed.Single(message => Text(message.Payload) == "a"), claimed.Single(message => Text(message.Payload) == "b"));
        await FinishAsync(a, delivered: true);

        (await FinishAsync(a, delivered: true)).ShouldBeFalse();
        (await FinishAsync(a with { Attempt = 1 }, delivered: false)).ShouldBeFalse();
        (await FinishAsync(b with { Id = 123_456_789 }, delivered: false)).ShouldBeFalse();
        (await Database.GetAsync("dead")).ShouldBeNull("it was delivered");

        await FinishAsync(b, delivered: false);
        await ExtendAsync(b); // decided before its end was known
        Time.Move(Default[0]);
        (await ClaimAsync(10)).ShouldHaveSingleItem().Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task Messages_that_were_claimed_when_everything_ended_come_again()
    {
        await Database.EnqueueAsync(Message("a"), Message("b"));
        await ClaimAsync(1);
        await ReopenAsync();

        (await ClaimAsync(10)).Count.ShouldBe(1);
        Time.Move(Lease);
        (await ClaimAsync(10)).Count.ShouldBe(2);
    }

    async Task<IReadOnlyList<QueuedMessage>> ClaimAsync(int max) => await Database.QueueAsync(new PendingClaim(max, Lease), default);

    async Task<bool> FinishAsync(QueuedMessage message, bool delivered) => await Database.QueueAsync(new PendingFinish(message, delivered), default);

    async Task ExtendAsync(params QueuedMessage[] messages) => await Database.QueueAsync(new PendingExtension(messages, Lease), default);
}
