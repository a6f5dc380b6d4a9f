using Islet.Kv.Engine;
using Islet.Kv.Watching;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

public sealed class KvWatchOnFilesTests(FilePlace place) : KvWatchTests(place), IClassFixture<FilePlace>;

public sealed class KvWatchOnPostgresTests(PostgresPlace place) : KvWatchTests(place), IClassFixture<PostgresPlace>;

/// <summary>Watchers as streams use them: added first, then read, then read again at each ring.</summary>
public abstract class KvWatchTests(KvPlace place) : KvTests(place)
{
    [Fact]
    public async Task Every_watcher_ends_with_the_last_state_and_sees_only_whole_commits()
    {
        string[] keys = ["a", "b", "c"];
        var watchers = Enumerable.Range(0, 8).Select(_ => FollowAsync(keys, "done")).ToList();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var n = 0; n < 40; n++)
                await Database.WriteAsync([.. keys.Select(key => Set(key, $"{writer}.{n}"))]);
        })));
        var last = (await Database.WriteAsync([.. keys.Select(key => Set(key, "done"))])).Version;

        foreach (var seen in await Task.WhenAll(watchers).WaitAsync(TimeSpan.FromSeconds(30)))
        {
            seen[^1].ShouldBe(last);
            seen.ShouldBe([.. seen.Order()], customMessage: "a later look never sees an earlier state");
        }
    }

    [Fact]
    public async Task Only_changes_of_its_keys_ring()
    {
        using var watcher = Database.Watchers.Add([Key("a")]);
        await Database.WriteAsync(Set("b", "1"));
        await Database.WriteAsync([At("b", 1)], Set("a", "1"));
        if (Database.IsShared)
            return; // a notice names no keys: all look
        (await watcher.WaitAsync(TimeSpan.FromMilliseconds(50), default)).ShouldBeFalse();
        await Database.WriteAsync(Delete("a"));
        (await watcher.WaitAsync(TimeSpan.FromSeconds(10), default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Streams_end_when_the_database_is_closed()
    {
        using var watcher = Database.Watchers.Add([Key("a")]);
        await ReopenAsync();
        watcher.Ended.IsCancellationRequested.ShouldBeTrue();
    }

    /// <returns>The versions it saw, until all keys have that value.</returns>
    async Task<List<long>> FollowAsync(string[] keys, string until)
    {
        using KeyWatcher watcher = Database.Watchers.Add([.. keys.Select(key => (ReadOnlyMemory<byte>)Key(key))]);
        var seen = new List<long>();
        while (true)
        {
            var state = await Database.GetAllAsync(keys);
            seen.Add(state.Select(entry => entry?.Version ?? 0).Distinct().ShouldHaveSingleItem("one commit wrote all keys"));
            if (state[0] is { } entry && Text(entry.Value) == until)
                return seen;
            (await watcher.WaitAsync(TimeSpan.FromSeconds(20), default)).ShouldBeTrue("nothing came any more");
        }
    }
}
