using Islet.Contracts;
using Islet.ControlPlane.Logs;

namespace Islet.Tests.Logs;

public sealed class LogSearchTests
{
    static readonly DateTimeOffset Noon = new(DateTimeOffset.UtcNow.Date.AddDays(-1).AddHours(12), TimeSpan.Zero);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pages_hold_each_line_once_although_all_times_are_equal(bool descending)
    {
        await using var room = new LogRoom();
        var messages = Enumerable.Range(0, 1000).Select(i => $"line {i}").ToList();
        messages.ForEach(message => room.Write(LogRoom.Mine, message, Noon));
        room.Write(LogRoom.Other, "not mine", Noon);
        await room.StoreAsync();

        var walked = await room.WalkAsync(limit: 7, descending);

        walked.ShouldBe(descending ? messages.AsEnumerable().Reverse() : messages);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lines_that_come_in_meanwhile_move_no_page(bool descending)
    {
        await using var room = new LogRoom();
        for (var i = 0; i < 500; i++)
            room.Write(LogRoom.Mine, $"old {i}", Noon.AddMilliseconds(i % 50));
        await room.Writer.StartAsync(default);
        while ((await room.FindAsync(limit: 10_000)).Lines.Count < 500)
            await Task.Delay(10);

        using var enough = new CancellationTokenSource();
        Task? writing = null;
        async Task Write()
        {
            // Before, between and after the old ones, with equal times too.
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                room.Write(LogRoom.Mine, $"new {i}", Noon.AddMilliseconds(i % 80 - 10));
                if (i % 20 == 0)
                    await Task.Delay(1);
            }
        }

        var walked = await room.WalkAsync(limit: 9, descending, between: () =>
        {
            writing ??= Task.Run(Write); // the walk has begun
            return Task.Delay(3);
        });
        await enough.CancelAsync();
        await writing!;

        walked.Count.ShouldBe(500);
        walked.ToHashSet().SetEquals(Enumerable.Range(0, 500).Select(i => $"old {i}")).ShouldBeTrue();
        (await room.FindAsync(limit: 10_000)).Lines.Count.ShouldBeGreaterThan(500);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Days_follow_one_another(bool descending)
    {
        await using var room = new LogRoom();
        var midnight = Noon.AddHours(12);
        foreach (var hours in new[] { 1, -25, -1, 0, -49 })
            room.Write(LogRoom.Mine, $"{hours:+00;-00}", midnight.AddHours(hours - 2));
        await room.StoreAsync();

        string[] expected = ["-49", "-25", "-01", "+00", "+01"];
        (await room.WalkAsync(limit: 2, descending)).ShouldBe(descending ? expected.Reverse() : expected);
        (await room.FindAsync(since: midnight.AddHours(-27), until: midnight.AddHours(-2))).Lines.Select(line => line.Message)
            .ShouldBe(["-25", "-01"]); // since belongs to it, until does not
    }

    [Fact]
    public async Task Text_is_found_in_any_case_levels_and_regions_by_list()
    {
        await using var room = new LogRoom();
        room.Write(LogRoom.Mine, "Größe ÜBER alles 100%", severity: LogSeverity.Error);
        room.Write(LogRoom.Mine, "über_das", severity: LogSeverity.Debug);
        room.Write(LogRoom.Mine, "other", severity: LogSeverity.Info);
        await room.StoreAsync();

        async Task<int> Count(LogFilter filter) => (await room.FindAsync(filter: filter)).Lines.Count;
        (await Count(new LogFilter("über"))).ShouldBe(2);
        (await Count(new LogFilter("0%"))).ShouldBe(1);
        (await Count(new LogFilter("%"))).ShouldBe(1);
        (await Count(new LogFilter("_"))).ShouldBe(1);
        (await Count(new LogFilter(Severities: 1 << (int)LogSeverity.Error | 1 << (int)LogSeverity.Info))).ShouldBe(2);
        (await Count(new LogFilter(Regions: new HashSet<string> { "gcp-us-east4", "gcp-us-east1" }))).ShouldBe(3);
        (await Count(new LogFilter(Regions: new HashSet<string> { "gcp-us-east1" }))).ShouldBe(0);
    }

    [Fact]
    public async Task A_search_that_looks_at_too_much_goes_on_by_its_cursor()
    {
        await using var room = new LogRoom(options => options.ScannedLines = 100);
        for (var i = 0; i < 1000; i++)
            room.Write(LogRoom.Mine, i % 250 == 249 ? $"needle {i}" : "hay", Noon);
        await room.StoreAsync();

        var first = await room.FindAsync(filter: new LogFilter("needle"));
        first.Lines.ShouldBeEmpty();
        first.Next.ShouldNotBeNull();
        (await room.WalkAsync(10, descending: false, filter: new LogFilter("needle")))
            .ShouldBe(["needle 249", "needle 499", "needle 749", "needle 999"]);
    }

    [Fact]
    public async Task A_page_is_bounded_in_characters()
    {
        await using var room = new LogRoom(options => options.PageCharacters = 3000);
        for (var i = 0; i < 5; i++)
            room.Write(LogRoom.Mine, new string((char)('a' + i), 1400), Noon);
        await room.StoreAsync();

        (await room.FindAsync()).Lines.Count.ShouldBe(2);
        (await room.WalkAsync(10_000, descending: true)).Count.ShouldBe(5);
    }

    [Fact]
    public async Task The_last_full_page_has_no_next()
    {
        await using var room = new LogRoom();
        for (var i = 0; i < 4; i++)
            room.Write(LogRoom.Mine, "x", Noon);
        await room.StoreAsync();

        (await room.FindAsync(limit: 3)).Next.ShouldNotBeNull();
        (await room.FindAsync(limit: 4)).Next.ShouldBeNull();
    }

    [Fact]
    public void A_cursor_is_good_for_its_deployment_and_order_only()
    {
        var cursor = new LogCursor(1_700_000_000_000_000, 42, 99);
        var text = cursor.ToText(LogRoom.Mine, descending: true);

        LogCursor.TryParse(text, LogRoom.Mine, descending: true, out var parsed).ShouldBeTrue();
        parsed.ShouldBe(cursor);
        LogCursor.TryParse(text, LogRoom.Other, descending: true, out _).ShouldBeFalse();
        LogCursor.TryParse(text, LogRoom.Mine, descending: false, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_cursor_that_was_changed_anywhere_is_refused()
    {
        var text = new LogCursor(1_700_000_000_000_000, 42, 99).ToText(LogRoom.Mine, descending: true);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            LogCursor.TryParse(changed, LogRoom.Mine, descending: true, out _).ShouldBeFalse(changed);
        }

        foreach (var wrong in new[] { "", "x", text[1..], text + "A", text + "=", " " + text[1..], text[..^1] + " ", new string('*', 44), new string('A', 100_000) })
            LogCursor.TryParse(wrong, LogRoom.Mine, descending: true, out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Days_older_than_the_retention_are_neither_found_nor_kept()
    {
        var clock = new SetClock(new DateTimeOffset(2026, 3, 20, 12, 0, 0, TimeSpan.Zero));
        await using var room = new LogRoom(clock: clock);
        foreach (var days in new[] { 0, 13, 14, 15, 40 })
            room.Write(LogRoom.Mine, $"{days} days", clock.Now.AddDays(-days).AddHours(days == 14 ? -1 : 0));
        await room.StoreAsync();
        using var retention = new LogRetention(room.Telemetry, room.Options, clock,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<LogRetention>.Instance);

        // The day that is 14 days ago is still kept, but not found before its hour.
        (await room.WalkAsync(10, descending: true)).ShouldBe(["0 days", "13 days"]);
        retention.DropExpired().ShouldBe(2);
        retention.DropExpired().ShouldBe(0);
        using (var reader = room.Telemetry.OpenReader())
        using (var snapshot = reader.BeginTransaction(deferred: true))
            TelemetryDb.ListDays(reader, snapshot).Count.ShouldBe(3);

        clock.Now = clock.Now.AddDays(5);
        (await room.WalkAsync(10, descending: true)).ShouldBe(["0 days"]);
        retention.DropExpired().ShouldBe(2);
        (await room.WalkAsync(10, descending: true)).ShouldBe(["0 days"]);
    }
}
