using Islet.Contracts;
using Islet.ControlPlane.Logs;

namespace Islet.Tests.Logs;

public sealed class LogIntakeTests
{
    readonly LogIntake intake = new(new LogsOptions { QueuedLinesPerDeployment = 3 });

    [Fact]
    public void A_share_stays_full_while_its_lines_wait_although_drops_were_reported()
    {
        Offer(5);
        intake.TakeDrops().ShouldBe([(LogRoom.Mine, 2L)]);
        Offer(1);
        intake.TakeDrops().ShouldBe([(LogRoom.Mine, 1L)]);
    }

    [Fact]
    public void Lines_that_were_taken_make_room()
    {
        Offer(3);
        var batch = new List<LogLine>();
        intake.Take(batch, most: 2);
        batch.Count.ShouldBe(2);
        Offer(3);
        intake.TakeDrops().ShouldBe([(LogRoom.Mine, 1L)]);
        intake.Take(batch, most: 100);
        batch.Count.ShouldBe(5);
    }

    [Fact]
    public void It_knows_whether_there_are_drops_to_report()
    {
        Offer(3);
        intake.HasDrops.ShouldBeFalse();
        Offer(1);
        intake.HasDrops.ShouldBeTrue();
        intake.TakeDrops();
        intake.HasDrops.ShouldBeFalse();
        intake.TakeDrops().ShouldBeEmpty();
    }

    void Offer(int count)
    {
        for (var i = 0; i < count; i++)
            intake.Offer(new LogLine(LogRoom.Mine, DateTimeOffset.UnixEpoch, LogSeverity.Info, "x"));
    }
}
