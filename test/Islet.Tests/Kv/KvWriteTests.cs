using System.Globalization;
using Islet.Kv.Engine;
using Islet.Kv.Keys;
using Islet.Kv.Wire;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

public sealed class KvWriteOnFilesTests(FilePlace place) : KvWriteTests(place), IClassFixture<FilePlace>;

public sealed class KvWriteOnPostgresTests(PostgresPlace place) : KvWriteTests(place), IClassFixture<PostgresPlace>;

/// <summary>Atomic writes: checks, mutations, versionstamps, and what is left of one that fails: nothing.</summary>
public abstract class KvWriteTests(KvPlace place) : KvTests(place)
{
    [Fact]
    public async Task Checks_hold_for_what_is_stored_and_say_which_did_not()
    {
        var first = (await Database.WriteAsync([Absent("a"), Absent("b")], Set("a", "1"))).Version;

        (await Database.WriteAsync([At("a", first)], Set("b", "1"))).FailedChecks.ShouldBeNull();
        (await Database.WriteAsync([Absent("c"), Absent("a"), At("a", first), At("b", first), At("c", first), At("a", Versionstamp.Never)], Set("c", "1")))
            .FailedChecks.ShouldBe([1u, 3u, 4u, 5u]);

        (await Database.TextAsync("c")).ShouldBeNull();
    }

    [Fact]
    public async Task An_entry_that_was_written_over_or_deleted_has_not_its_old_version()
    {
        var first = (await Database.WriteAsync(Set("a", "1"))).Version;
        await Database.WriteAsync(Set("a", "1"));
        (await Database.WriteAsync([At("a", first)])).FailedChecks.ShouldBe([0u]);

        await Database.WriteAsync(Delete("a"));
        (await Database.WriteAsync([Absent("a")])).FailedChecks.ShouldBeNull();
        await Database.WriteAsync(Set("a", "1"));
        (await Database.WriteAsync([At("a", first)])).FailedChecks.ShouldBe([0u]);
    }

    [Fact]
    public async Task A_versionstamp_of_zeros_is_not_that_nothing_is_there() =>
        (await Database.WriteAsync([new Check(Key("a"), Versionstamp.Read(new byte[Versionstamp.Length]))])).FailedChecks.ShouldBe([0u]);

    [Fact]
    public async Task Mutations_see_those_before_them()
    {
        await Database.WriteAsync(Set("k", "text"), Set("gone", "x"));

        await Database.WriteAsync(
            Delete("k"), U64(MutationKind.Sum, "k", 5), U64(MutationKind.Sum, "k", 6), // a sum with the text would be refused
            U64(MutationKind.Max, "max", 3), U64(MutationKind.Max, "max", 9), U64(MutationKind.Max, "max", 4),
            U64(MutationKind.Min, "min", 3), U64(MutationKind.Min, "min", 9), U64(MutationKind.Min, "min", 2),
            Set("last", "1"), Set("last", "2"), Set("gone", "y"), Delete("gone"));

        (await Database.NumberAsync("k")).ShouldBe(11ul);
        (await Database.NumberAsync("max")).ShouldBe(9ul);
        (await Database.NumberAsync("min")).ShouldBe(2ul);
        (await Database.TextAsync("last")).ShouldBe("2");
        (await Database.GetAsync("gone")).ShouldBeNull();
    }

    [Fact]
    public async Task Sums_of_u64_wrap_around()
    {
        await Database.WriteAsync(U64(MutationKind.Sum, "n", ulong.MaxValue));
        await Database.WriteAsync(U64(MutationKind.Sum, "n", 3));
        (await Database.NumberAsync("n")).ShouldBe(2ul);
    }

    [Fact]
    public async Task A_mutation_that_is_refused_leaves_nothing_of_its_write()
    {
        var before = (await Database.WriteAsync(Set("text", "t"), Set("a", "old"))).Version;

        (await Database.RefusedAsync(Set("a", "new"), Delete("text"), Set("text", "again"), U64(MutationKind.Sum, "text", 1)))
            .ShouldBe("Failed to perform 'sum' mutation on a non-U64 value in the database");
        (await Database.RefusedAsync(Set("b", "new"), U64(MutationKind.Min, "text", 1)))
            .ShouldBe("Failed to perform 'min' mutation on a non-U64 value in the database");
        (await Database.RefusedAsync(Set("b", "new"), Set("n", "x") with { Kind = MutationKind.Max }))
            .ShouldBe("Failed to perform 'max' mutation on a non-U64 operand");

        (await Database.ReadAsync(Range("a", "z")))[0].Select(entry => (Text(entry.Key), Text(entry.Value), entry.Version))
            .ShouldBe([("a", "old", before), ("text", "t", before)]);
    }

    [Fact]
    public async Task A_refused_write_among_many_takes_nothing_of_the_others_with_it()
    {
        await Database.WriteAsync(Set("text", "t"));

        var writes = Enumerable.Range(0, 300).Select(async n =>
        {
            if (n % 3 == 0)
                await Database.RefusedAsync(U64(MutationKind.Sum, "sum", 1), Set($"bad{n}", "x"), U64(MutationKind.Sum, "text", 1));
            else
                await Database.WriteAsync(U64(MutationKind.Sum, "sum", 1), Set($"good{n:000}", "x"));
        });
        await Task.WhenAll(writes);

        (await Database.NumberAsync("sum")).ShouldBe(200ul);
        (await Database.ReadAsync(Range("good", "gooe", 1000)))[0].Count.ShouldBe(200);
        (await Database.KeysAsync(Range("bad", "bae"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_commit_has_a_versionstamp_of_its_own_and_they_grow()
    {
        var one = (await Database.WriteAsync(Set("a", "1"), Set("b", "1"))).Version;
        var empty = (await Database.WriteAsync()).Version;
        var failed = await Database.WriteAsync([At("a", empty)], Set("a", "2"));
        var last = (await Database.WriteAsync(Set("c", "1"))).Version;

        (await Database.GetAllAsync("a", "b")).ShouldAllBe(entry => entry!.Version == one);
        failed.Version.ShouldBe(0);
        empty.ShouldBeGreaterThan(one);
        last.ShouldBeInRange(empty + 1, empty + 9);

        var many = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Database.WriteAsync(Set("same", $"{n}"))));
        many.Select(result => result.Version).Distinct().Count().ShouldBe(200);
        many.Min(result => result.Version).ShouldBeGreaterThan(last);
        (await Database.GetAsync("same"))!.Version.ShouldBe(many.Max(result => result.Version));
    }

    [Fact]
    public async Task A_key_can_end_with_the_versionstamp_of_its_commit()
    {
        var prefix = KvKey.Encode([new KvKeyPart.Text("log")]);
        var append = new Mutation(MutationKind.SetSuffixVersionstampedKey, prefix, Key("line"), KvEncoding.Bytes, 0);
        var first = (await Database.WriteAsync(append)).Version;
        var second = (await Database.WriteAsync(append, Set("other", "1"))).Version;

        var all = (await Database.ReadAsync(new ReadRange(prefix, new byte[] { 3 }, 10, false)))[0];

        all.Select(entry => entry.Version).ShouldBe([first, second]);
        var stamp = new byte[Versionstamp.Length];
        Versionstamp.Write(stamp, first);
        all[0].Key.ToArray().ShouldBe([.. prefix, 2, .. Key(Convert.ToHexString(stamp).ToLower(CultureInfo.InvariantCulture)), 0]);
    }

    [Fact]
    public async Task Values_keep_their_bytes_and_their_encoding()
    {
        var all = Enumerable.Range(0, 256).Select(n => (byte)n).ToArray();
        await Database.WriteAsync(
            new Mutation(MutationKind.Set, all, all, KvEncoding.V8, 0), new Mutation(MutationKind.Set, new byte[] { 0 }, default, KvEncoding.Bytes, 0),
            new Mutation(MutationKind.Set, new byte[] { 0, 0 }, new byte[KvLimits.Value], KvEncoding.Bytes, 0), U64(MutationKind.Set, "n", 7));

        var found = (await Database.ReadAsync(new ReadRange(default, new byte[] { 255 }, 10, false)))[0];

        found.Select(entry => (entry.Key.Length, entry.Value.Length, entry.Encoding)).ShouldBe(
            [(1, 0, KvEncoding.Bytes), (2, KvLimits.Value, KvEncoding.Bytes), (256, 256, KvEncoding.V8), (1, 8, KvEncoding.LittleEndian64)]);
        found[2].Value.ToArray().ShouldBe(all);
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_restart_and_versions_go_on()
    {
        var last = (await Database.WriteAsync(Set("a", "1"), Set("b", "2"))).Version;
        await Database.WriteAsync(Delete("b"));
        await Database.EnqueueAsync(Message("kept"));
        var empty = (await Database.WriteAsync()).Version;

        await ReopenAsync();

        (await Database.GetAsync("a"))!.Version.ShouldBe(last);
        (await Database.TextAsync("b")).ShouldBeNull();
        (await Database.WriteAsync()).Version.ShouldBeGreaterThan(empty);
        Database.NextDue.ShouldBeLessThan(long.MaxValue);
    }

    [Fact]
    public async Task Writes_that_wait_while_the_database_is_closed_are_all_decided()
    {
        var writes = Enumerable.Range(0, 3000).Select(n => Task.Run(() => Database.WriteAsync(Set($"w{n:0000}", "1")))).ToList();
        await writes[0];
        await ReopenAsync();

        var ended = Task.WhenAll(writes);
        await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(20)));
        writes.ShouldAllBe(write => write.IsCompleted);

        var stored = new HashSet<string>();
        for (var start = "w"; (await Database.ReadAsync(Range(start, "x", 1000)))[0] is { Count: > 0 } more; start = Text(more[^1].Key) + "\0")
            stored.UnionWith(more.Select(entry => Text(entry.Key)));
        for (var n = 0; n < writes.Count; n++)
            stored.Contains($"w{n:0000}").ShouldBe(writes[n].IsCompletedSuccessfully, "acknowledged is the same as stored");
    }
}
