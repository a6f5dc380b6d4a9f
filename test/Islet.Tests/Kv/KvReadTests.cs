using Islet.Kv.Engine;
using Islet.Kv.Wire;
using Islet.Tests.ControlPlane;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

public sealed class KvReadOnFilesTests(FilePlace place) : KvReadTests(place), IClassFixture<FilePlace>;

public sealed class KvReadOnPostgresTests(PostgresPlace place) : KvReadTests(place), IClassFixture<PostgresPlace>;

/// <summary>Ranges, snapshots and what has expired.</summary>
public abstract class KvReadTests(KvPlace place) : KvTests(place)
{
    [Fact]
    public async Task A_range_has_its_start_and_not_its_end_and_is_limited_from_either_side()
    {
        await Database.WriteAsync([.. "abcdefg".Select(letter => Set($"{letter}", "1"))]);

        (await Database.KeysAsync(Range("b", "e"))).ShouldBe("b c d");
        (await Database.KeysAsync(Range("b", "e", reverse: true))).ShouldBe("d c b");
        (await Database.KeysAsync(Range("b", "g", limit: 2))).ShouldBe("b c");
        (await Database.KeysAsync(Range("b", "g", limit: 2, reverse: true))).ShouldBe("f e");
        (await Database.KeysAsync(Range("", "c"))).ShouldBe("a b");
        (await Database.KeysAsync(Range("e", "b"))).ShouldBe("");
        (await Database.KeysAsync(Range("c", "c\0"))).ShouldBe("c");
        (await Database.KeysAsync(Range("bb", "bb\0"))).ShouldBe("");
    }

    [Fact]
    public async Task Keys_are_in_the_order_of_their_bytes()
    {
        byte[][] keys = [[0], [0, 0], [0, 255], [1], [0x7f], [0x80], [0x80, 0], [0xff]];
        await Database.WriteAsync([.. keys.Reverse().Select(key => new Mutation(MutationKind.Set, key, Key("x"), KvEncoding.Bytes, 0))]);

        (await Database.ReadAsync(new ReadRange(default, new byte[] { 255, 255 }, 100, false)))[0].Select(entry => entry.Key.ToArray()).ShouldBe(keys);
    }

    [Fact]
    public async Task Ranges_are_answered_in_their_order_and_may_overlap()
    {
        await Database.WriteAsync(Set("a", "1"), Set("b", "1"), Set("c", "1"));

        (await Database.ReadAsync(Range("b", "z"), Range("x", "z"), Range("a", "c", reverse: true), Range("b", "b\0")))
            .Select(range => string.Concat(range.Select(entry => Text(entry.Key)))).ShouldBe(["bc", "", "ba", "b"]);
        (await Database.ReadAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_ranges_are_one_state_also_while_others_write()
    {
        using var over = new CancellationTokenSource();
        await Database.WriteAsync(Set("a", "0"), Set("m", "0"), Set("z", "0"));
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; !over.IsCancellationRequested; n++)
                await Database.WriteAsync(Set("a", $"{n}"), Set("m", $"{n}"), Set("z", $"{n}"));
        })).ToList();

        ReadRange[] ranges = [.. Enumerable.Range(0, KvLimits.Ranges).Select(n => n % 2 == 0 ? Range("z", "zz") : Range("a", "n"))];
        var states = new HashSet<long>();
        for (var n = 0; n < 300 || (states.Count < 10 && n < 100_000); n++)
            states.Add((await Database.ReadAsync(ranges)).SelectMany(range => range).Select(entry => entry.Version).Distinct().ShouldHaveSingleItem());
        await over.CancelAsync();
        await Task.WhenAll(writers);

        states.Count.ShouldBeGreaterThanOrEqualTo(10, "somebody wrote meanwhile");
    }

    [Fact]
    public async Task What_has_expired_is_absent_at_once_for_reads_and_checks()
    {
        var soon = Time.Now + 60_000;
        var version = (await Database.WriteAsync(Set("a", "1", soon), Set("b", "1", soon + 60_000), Set("past", "1", Time.Now - 1))).Version;
        (await Database.KeysAsync(Range("a", "z"))).ShouldBe("a b");
        (await Database.WriteAsync([At("a", version), Absent("past")])).FailedChecks.ShouldBeNull();

        Time.Move(60_001);

        (await Database.KeysAsync(Range("a", "z"))).ShouldBe("b");
        (await Database.GetAsync("a")).ShouldBeNull();
        (await Database.WriteAsync([At("a", version)])).FailedChecks.ShouldBe([0u]);
        (await Database.WriteAsync([Absent("a"), At("b", version)])).FailedChecks.ShouldBeNull();
    }

    [Fact]
    public async Task A_set_and_a_sum_clear_the_expiry_and_a_sum_does_not_see_what_has_expired()
    {
        var soon = Time.Now + 60_000;
        await Database.WriteAsync(
            Set("set", "1", soon), U64(MutationKind.Set, "sum", 3) with { ExpireAt = soon }, U64(MutationKind.Set, "late", 3) with { ExpireAt = soon },
            U64(MutationKind.Set, "max", 3) with { ExpireAt = soon });
        await Database.WriteAsync(Set("set", "2"), U64(MutationKind.Sum, "sum", 1), U64(MutationKind.Max, "max", 1));

        Time.Move(60_001);
        await Database.WriteAsync(U64(MutationKind.Sum, "late", 1));

        (await Database.TextAsync("set")).ShouldBe("2");
        (await Database.NumberAsync("sum")).ShouldBe(4ul);
        (await Database.NumberAsync("max")).ShouldBe(3ul);
        (await Database.NumberAsync("late")).ShouldBe(1ul);
    }

    [Fact]
    public async Task What_has_expired_is_removed_by_itself_and_watchers_are_told()
    {
        using var watcher = Database.Watchers.Add([Key("a")]);
        var version = (await Database.WriteAsync([.. Enumerable.Range(0, 500).Select(n => Set($"x{n}", "1", Time.Now + 300)), Set("a", "1", Time.Now + 300)])).Version;
        (await watcher.WaitAsync(TimeSpan.FromSeconds(10), default)).ShouldBeTrue();

        await Eventually.HoldsAsync(async () => await Database.GetAsync("a") is null);
        (await watcher.WaitAsync(TimeSpan.FromSeconds(10), default)).ShouldBeTrue("it is gone");
        await Eventually.HoldsAsync(() => Database.NextExpiry == long.MaxValue);
        (await Database.WriteAsync()).Version.ShouldBeGreaterThan(version + 1);
    }

    [Fact]
    public async Task What_expired_while_the_database_was_closed_is_removed_when_it_is_opened()
    {
        await Database.WriteAsync(Set("a", "1", Time.Now + 60_000));
        Time.Move(60_001);
        await ReopenAsync();

        (await Database.GetAsync("a")).ShouldBeNull();
        await Eventually.HoldsAsync(() => Database.NextExpiry == long.MaxValue);
    }
}
