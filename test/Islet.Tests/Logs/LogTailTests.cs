using Islet.Contracts;
using Islet.ControlPlane.Logs;

namespace Islet.Tests.Logs;

public sealed class LogTailTests
{
    [Fact]
    public async Task Lines_reach_the_readers_of_their_deployment_before_they_are_stored()
    {
        await using var room = new LogRoom();
        using var reader = room.Tail.Subscribe(LogRoom.Mine, LogFilter.Everything)!;
        using var elsewhere = room.Tail.Subscribe(LogRoom.Other, LogFilter.Everything)!;

        room.Write(LogRoom.Mine, "hello"); // the writer's loop does not even run

        reader.TryRead(out var line).ShouldBeTrue();
        line.Message.ShouldBe("hello");
        reader.TryRead(out _).ShouldBeFalse();
        elsewhere.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_slow_reader_loses_lines_and_is_told_how_many()
    {
        await using var room = new LogRoom(options => options.TailBuffer = 3);
        using var slow = room.Tail.Subscribe(LogRoom.Mine, LogFilter.Everything)!;
        for (var i = 0; i < 10; i++)
            room.Write(LogRoom.Mine, $"{i}");
        Read(slow).ShouldBe(["0", "1", "2", "7 log lines dropped"]);

        room.Write(LogRoom.Mine, "again");
        Read(slow).ShouldBe(["again"]);
    }

    [Fact]
    public async Task A_reader_gets_what_its_filter_wants()
    {
        await using var room = new LogRoom();
        using var reader = room.Tail.Subscribe(LogRoom.Mine, new LogFilter("NEEDLE", 1 << (int)LogSeverity.Error))!;
        using var wrongRegion = room.Tail.Subscribe(LogRoom.Mine, new LogFilter(Regions: new HashSet<string> { "gcp-us-east1" }))!;

        room.Write(LogRoom.Mine, "a needle", severity: LogSeverity.Info);
        room.Write(LogRoom.Mine, "hay", severity: LogSeverity.Error);
        room.Write(LogRoom.Mine, "the needle", severity: LogSeverity.Error);

        Read(reader).ShouldBe(["the needle"]);
        Read(wrongRegion).ShouldBeEmpty();
    }

    [Fact]
    public async Task Readers_of_a_deployment_are_bounded_and_make_room_when_they_leave()
    {
        await using var room = new LogRoom(options => options.TailsPerDeployment = 2);
        var first = room.Tail.Subscribe(LogRoom.Mine, LogFilter.Everything)!;
        using var second = room.Tail.Subscribe(LogRoom.Mine, LogFilter.Everything);
        room.Tail.Subscribe(LogRoom.Mine, LogFilter.Everything).ShouldBeNull();

        first.Dispose();
        first.Dispose();
        using var third = room.Tail.Subscribe(LogRoom.Mine, LogFilter.Everything);
        third.ShouldNotBeNull();
        room.Tail.Subscribe(LogRoom.Mine, LogFilter.Everything).ShouldBeNull();
    }

    static List<string> Read(LogSubscription reader)
    {
        var messages = new List<string>();
        while (reader.TryRead(out var line))
            messages.Add(line.Message);
        return messages;
    }
}
