using System.Text;
using Islet.ControlPlane.Logs;

namespace Islet.Tests.Logs;

public sealed class BuildLogsTests
{
    [Fact]
    public async Task A_reader_follows_to_the_end_of_the_build()
    {
        await using var room = new LogRoom();
        var ended = false;
        room.Builds.Append(LogRoom.Mine, "info", "one");
        var reading = Read(room, _ => ValueTask.FromResult(Volatile.Read(ref ended)));

        for (var i = 2; i < 600; i++)
            room.Builds.Append(LogRoom.Mine, "info", $"{i}");
        await Task.Delay(50);
        reading.IsCompleted.ShouldBeFalse();
        Volatile.Write(ref ended, true);
        room.Builds.Complete(LogRoom.Mine);

        var entries = await reading.WaitAsync(TimeSpan.FromSeconds(10));
        entries.Select(entry => entry.Message).ShouldBe(["one", .. Enumerable.Range(2, 598).Select(i => $"{i}")]);
    }

    [Fact]
    public async Task What_a_build_says_after_its_status_has_changed_is_still_read()
    {
        await using var room = new LogRoom();
        room.Builds.Begin(LogRoom.Mine);
        var reading = Read(room, _ => ValueTask.FromResult(true)); // ended already, says the row
        await Task.Delay(50);
        room.Builds.Append(LogRoom.Mine, "info", "Deployed");
        room.Builds.Complete(LogRoom.Mine);
        (await reading.WaitAsync(TimeSpan.FromSeconds(5))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_end_is_seen_even_if_nobody_rings()
    {
        await using var room = new LogRoom();
        var ended = false;
        room.Builds.Append(LogRoom.Mine, "info", "one");
        room.Restart(); // another process ends it
        var reading = Read(room, _ => ValueTask.FromResult(Volatile.Read(ref ended)));
        await Task.Delay(50);
        Volatile.Write(ref ended, true);
        (await reading.WaitAsync(TimeSpan.FromSeconds(10))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Entries_survive_a_restart_and_a_resumed_build_appends()
    {
        await using var room = new LogRoom();
        room.Builds.Append(LogRoom.Mine, "info", "before\0\u001b[1m");
        room.Restart();
        room.Builds.Append(LogRoom.Mine, "error", "after");
        room.Builds.Append(LogRoom.Other, "info", "elsewhere");
        room.Builds.Complete(LogRoom.Mine);

        (await Read(room)).ShouldBe([new BuildLogEntry("info", "before\0\u001b[1m"), new BuildLogEntry("error", "after")]);
        (await Read(room, from: 1)).ShouldBe([new BuildLogEntry("error", "after")]);
        (await Read(room, from: 2)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_entry_is_on_disk_when_append_returns()
    {
        await using var room = new LogRoom();
        room.Builds.Append(LogRoom.Mine, "info", "one");
        using var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={room.Options.TelemetryPath};Mode=ReadOnly;Pooling=False");
        other.Open();
        using var count = other.CreateCommand();
        count.CommandText = "SELECT count(*) FROM build_log";
        count.ExecuteScalar().ShouldBe(1L);
    }

    [Fact]
    public async Task A_log_is_bounded_and_still_has_room_for_the_error()
    {
        await using var room = new LogRoom();
        for (var i = 0; i < BuildLogs.MaxEntries + 10; i++)
            room.Builds.Append(LogRoom.Mine, "info", "x");
        room.Builds.Append(LogRoom.Mine, "error", new string('é', 100_000));
        for (var i = 0; i < 100; i++)
            room.Builds.Append(LogRoom.Mine, "error", "more");
        room.Builds.Complete(LogRoom.Mine);

        var entries = await Read(room);
        entries.Count.ShouldBe(BuildLogs.MaxEntries);
        entries[BuildLogs.MaxEntries - 51].Message.ShouldContain("full");
        Encoding.UTF8.GetByteCount(entries[BuildLogs.MaxEntries - 50].Message).ShouldBe(8192);
        entries[^1].Message.ShouldBe("more");
    }

    [Fact]
    public async Task Readers_that_give_up_leave_nothing_behind()
    {
        await using var room = new LogRoom();
        using var stop = new CancellationTokenSource();
        var reading = Read(room, _ => ValueTask.FromResult(false), cancellation: stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(reading);
        room.Builds.Complete(LogRoom.Mine);
        room.Builds.Delete(LogRoom.Mine);
        (await Read(room)).ShouldBeEmpty();
    }

    static async Task<List<BuildLogEntry>> Read(
        LogRoom room, Func<CancellationToken, ValueTask<bool>>? hasEnded = null, int from = 0, CancellationToken cancellation = default)
    {
        var entries = new List<BuildLogEntry>();
        await foreach (var entry in room.Builds.ReadAsync(LogRoom.Mine, from, hasEnded ?? (_ => ValueTask.FromResult(true)), cancellation))
            entries.Add(entry);
        return entries;
    }
}
