using System.Globalization;
using System.Text;
using Islet.Contracts;
using Islet.ControlPlane.Logs;

namespace Islet.Tests.Logs;

public sealed class LogWriterTests
{
    [Fact]
    public async Task A_line_is_found_with_all_its_members_within_a_second()
    {
        await using var room = new LogRoom();
        await room.Writer.StartAsync(default);
        var time = new DateTimeOffset(DateTimeOffset.UtcNow.Date, TimeSpan.Zero).AddTicks(12_345_670);

        room.Write(LogRoom.Mine, "hello", time, LogSeverity.Warning);

        var line = (await Eventually(() => room.FindAsync(), page => page.Lines.Count == 1)).Lines[0];
        line.ShouldBe(new AppLogLine(time, LogSeverity.Warning, "hello", "gcp-us-east4"));
    }

    [Fact]
    public async Task A_line_keeps_the_ids_of_its_request()
    {
        await using var room = new LogRoom();
        using var reader = room.Tail.Subscribe(LogRoom.Mine, LogFilter.Everything)!;
        var (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");

        room.Writer.Write(new LogLine(LogRoom.Mine, room.Clock.GetUtcNow(), LogSeverity.Debug, "in a request", trace, span));
        room.Write(LogRoom.Mine, "outside");
        await room.StoreAsync();

        reader.TryRead(out var told).ShouldBeTrue();
        (told.Trace, told.Span).ShouldBe((trace, span));
        (await room.FindAsync()).Lines.Select(line => (line.Message, line.Trace, line.Span)).ShouldBe([("in a request", trace, span), ("outside", null, null)]);
    }

    [Fact]
    public async Task Days_that_were_stored_without_ids_are_read_and_written_on()
    {
        var now = DateTimeOffset.UtcNow;
        await using var room = new LogRoom(options => FileOfVersion1(options.TelemetryPath, now));
        room.Write(LogRoom.Mine, "new", now);
        await room.StoreAsync();
        room.Restart();

        (await room.FindAsync()).Lines.Select(line => (line.Message, line.Trace)).ShouldBe([("old", null), ("new", null)]);
    }

    [Fact]
    public async Task Stopping_stores_what_waits()
    {
        await using var room = new LogRoom();
        for (var i = 0; i < 25_000; i++)
            room.Write(i % 2 == 0 ? LogRoom.Mine : new DeploymentId($"d{i % 14:D11}"), "line");

        // More than one deployment's share may not wait: the rest is told as dropped, nothing is silent.
        await room.StoreAsync();

        var stored = await room.FindAsync();
        stored.Lines.Count(line => line.Message == "line").ShouldBe(5_000);
        stored.Lines.ShouldContain(line => line.Message == "7500 log lines dropped" && line.Severity == LogSeverity.Warning);
    }

    [Fact]
    public async Task Dropped_lines_are_counted_for_each_deployment()
    {
        await using var room = new LogRoom(options => (options.QueuedLines, options.QueuedLinesPerDeployment) = (10, 8));
        for (var i = 0; i < 20; i++)
            room.Write(LogRoom.Mine, "mine");
        for (var i = 0; i < 5; i++)
            room.Write(LogRoom.Other, "other");

        await room.StoreAsync();

        (await room.FindAsync()).Lines.Select(line => line.Message).ShouldBe([.. Enumerable.Repeat("mine", 8), "12 log lines dropped"]);
        (await room.FindAsync(deployment: LogRoom.Other)).Lines.Select(line => line.Message).ShouldBe(["other", "other", "3 log lines dropped"]);
    }

    [Fact]
    public async Task Characters_that_wait_are_bounded_too()
    {
        await using var room = new LogRoom(options => options.QueuedCharacters = 100);
        for (var i = 0; i < 4; i++)
            room.Write(LogRoom.Mine, new string('x', 40));

        await room.StoreAsync();

        (await room.FindAsync()).Lines.Count.ShouldBe(3);
        (await room.FindAsync()).Lines[^1].Message.ShouldBe("2 log lines dropped");
    }

    [Fact]
    public async Task No_line_is_lost_without_being_counted_while_many_threads_write()
    {
        await using var room = new LogRoom(options => (options.QueuedLines, options.QueuedLinesPerDeployment) = (500, 300));
        await room.Writer.StartAsync(default);
        DeploymentId[] deployments = [LogRoom.Mine, LogRoom.Other, new("cccccccccccc")];

        await Task.WhenAll(Enumerable.Range(0, 6).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                room.Write(deployments[thread % 3], "line");
                if (i % 500 == 0)
                    await Task.Delay(15);
            }
        })));
        await room.Writer.StopAsync(default);

        foreach (var deployment in deployments)
        {
            var lines = (await room.FindAsync(limit: 10_000, deployment: deployment)).Lines;
            var dropped = lines.Where(line => line.Message != "line")
                .Sum(line => int.Parse(line.Message.Split(' ')[0], CultureInfo.InvariantCulture));
            (lines.Count(line => line.Message == "line") + dropped).ShouldBe(10_000);
        }
    }

    [Theory]
    [InlineData("a\0b\u001b[31mred\u202Eevil\u2028</script>")]
    [InlineData("")]
    [InlineData("日本語 😀")]
    public async Task Any_text_comes_back_as_it_was(string message)
    {
        await using var room = new LogRoom();
        room.Write(LogRoom.Mine, message);
        await room.StoreAsync();
        (await room.FindAsync()).Lines[0].Message.ShouldBe(message);
    }

    [Fact]
    public async Task A_huge_message_is_cut_at_two_kibibytes_between_characters()
    {
        await using var room = new LogRoom();
        room.Write(LogRoom.Mine, string.Concat(Enumerable.Repeat("😀", 5_000_000)) + "é");
        room.Write(LogRoom.Mine, "x" + new string('é', 2000));
        await room.StoreAsync();

        var lines = (await room.FindAsync()).Lines;
        Encoding.UTF8.GetByteCount(lines[0].Message).ShouldBe(2048);
        Encoding.UTF8.GetByteCount(lines[1].Message).ShouldBe(2047);
    }

    [Fact]
    public async Task Sequence_goes_on_after_a_restart()
    {
        await using var room = new LogRoom();
        var time = DateTimeOffset.UtcNow;
        room.Write(LogRoom.Mine, "first", time);
        await room.StoreAsync();
        room.Restart();
        room.Write(LogRoom.Mine, "second", time);
        await room.StoreAsync();

        (await room.FindAsync()).Lines.Select(line => line.Message).ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task What_the_disk_refuses_is_reported_when_it_works_again()
    {
        await using var room = new LogRoom();
        using var blocker = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={room.Options.TelemetryPath};Pooling=False");
        blocker.Open();
        using (var rename = blocker.CreateCommand())
        {
            rename.CommandText = "ALTER TABLE app_log_sequence RENAME TO hidden";
            rename.ExecuteNonQuery();
        }

        await room.Writer.StartAsync(default);
        room.Write(LogRoom.Mine, "lost");
        await Task.Delay(200);
        using (var rename = blocker.CreateCommand())
        {
            rename.CommandText = "ALTER TABLE hidden RENAME TO app_log_sequence";
            rename.ExecuteNonQuery();
        }

        var page = await Eventually(() => room.FindAsync(), page => page.Lines.Count == 1);
        page.Lines[0].Message.ShouldBe("1 log lines dropped");
    }

    [Fact]
    public async Task The_file_is_the_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
#pragma warning disable CA1416 // skipped there
        await using var room = new LogRoom();
        File.GetUnixFileMode(room.Options.TelemetryPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(room.Options.TelemetryPath + "-wal").ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
#pragma warning restore CA1416
    }

    static void FileOfVersion1(string path, DateTimeOffset time)
    {
        using var file = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False");
        file.Open();
        using var create = file.CreateCommand();
        create.CommandText =
            $"""
            CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
            INSERT INTO schema_version (version) VALUES (1);
            CREATE TABLE app_log_sequence (next INTEGER NOT NULL) STRICT;
            INSERT INTO app_log_sequence (next) VALUES (2);
            CREATE TABLE {LogDay.Of(time.ToMicroseconds()).Table} (
                deployment TEXT NOT NULL, time INTEGER NOT NULL, sequence INTEGER NOT NULL, level INTEGER NOT NULL,
                region TEXT NOT NULL, message BLOB NOT NULL, PRIMARY KEY (deployment, time, sequence)) STRICT, WITHOUT ROWID;
            INSERT INTO {LogDay.Of(time.ToMicroseconds()).Table} VALUES ('{LogRoom.Mine.Value}', {time.ToMicroseconds()}, 1, 2, 'gcp-us-east4', CAST('old' AS BLOB));
            """;
        create.ExecuteNonQuery();
    }

    static async Task<LogPage> Eventually(Func<Task<LogPage>> find, Func<LogPage, bool> isThere)
    {
        for (var tries = 0; ; tries++)
        {
            var page = await find();
            if (isThere(page) || tries == 100)
                return page;
            await Task.Delay(50);
        }
    }
}
