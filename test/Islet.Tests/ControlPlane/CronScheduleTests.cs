using System.Globalization;
using Islet.ControlPlane.Crons;

namespace Islet.Tests.ControlPlane;

/// <summary>Schedules as Deno reads them. Dates are on calendars: 2026 begins on a Thursday, 2024 and 2028 are leap years.</summary>
public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("* * * * *", "2026-03-01 10:00:30", "2026-03-01 10:01")]
    [InlineData("* * * * *", "2026-12-31 23:59:59", "2027-01-01 00:00")]
    [InlineData("*/15 * * * *", "2026-03-01 10:45", "2026-03-01 11:00")]
    [InlineData("7/20 * * * *", "2026-03-01 10:00", "2026-03-01 10:07")]
    [InlineData("7/20 * * * *", "2026-03-01 10:47", "2026-03-01 11:07")]
    [InlineData("0,30 9-17/4 * * *", "2026-03-01 09:30", "2026-03-01 13:00")]
    [InlineData("5\t4  * * *", "2026-03-01 04:05", "2026-03-02 04:05")]
    [InlineData("00 09 * * *", "2026-03-01 04:05", "2026-03-01 09:00")]
    // months, and days that not all have
    [InlineData("0 0 1 jan *", "2026-01-01 00:00", "2027-01-01 00:00")]
    [InlineData("0 0 31 * *", "2026-01-31 00:00", "2026-03-31 00:00")]
    [InlineData("30 6 29 2 *", "2026-01-01 00:00", "2028-02-29 06:30")]
    [InlineData("0 0 29 FEB *", "2096-03-01 00:00", "2104-02-29 00:00")]
    [InlineData("0 0 * Nov-Feb *", "2026-03-01 00:00", "2026-10-01 00:00")] // Deno takes in the one before
    [InlineData("0 0 * 11-2/1 *", "2026-03-01 00:00", "2026-11-01 00:00")]
    // weekdays: 1 is Sunday
    [InlineData("0 0 * * 1", "2026-03-02 00:00", "2026-03-08 00:00")]
    [InlineData("0 0 * * SUN", "2026-03-02 00:00", "2026-03-08 00:00")]
    [InlineData("0 0 * * 7", "2026-03-02 00:00", "2026-03-07 00:00")]
    [InlineData("0 0 * * L", "2026-03-02 00:00", "2026-03-07 00:00")]
    [InlineData("0 12 * * mon-fri", "2026-03-06 12:00", "2026-03-09 12:00")]
    [InlineData("0 0 * * 2-6", "2026-03-06 00:00", "2026-03-09 00:00")]
    [InlineData("0 0 * * 6-2", "2026-03-02 00:00", "2026-03-05 00:00")] // Friday to Monday, and Thursday
    [InlineData("0 0 * * 6-2/2", "2026-03-02 00:00", "2026-03-06 00:00")]
    [InlineData("0 0 * * */3", "2026-03-01 00:00", "2026-03-04 00:00")]
    // both days: either
    [InlineData("0 0 13 * FRI", "2026-03-06 00:00", "2026-03-13 00:00")]
    [InlineData("0 0 15 * TUE", "2026-03-11 00:00", "2026-03-15 00:00")]
    [InlineData("0 0 */2 * MON", "2026-03-07 00:00", "2026-03-09 00:00")]
    // last, nearest weekday, nth
    [InlineData("0 0 L * *", "2028-02-01 00:00", "2028-02-29 00:00")]
    [InlineData("0 0 L-3 * *", "2026-02-01 00:00", "2026-02-25 00:00")]
    [InlineData("0 0 LW * *", "2026-05-01 00:00", "2026-05-29 00:00")]
    [InlineData("0 0 L-1W * *", "2026-05-01 00:00", "2026-05-29 00:00")]
    [InlineData("0 0 L-30W * *", "2026-04-01 00:00", "2026-05-01 00:00")]
    [InlineData("0 0 15W * *", "2026-08-01 00:00", "2026-08-14 00:00")]
    [InlineData("0 0 16W * *", "2026-08-01 00:00", "2026-08-17 00:00")]
    [InlineData("0 0 1W * *", "2026-07-30 00:00", "2026-08-03 00:00")]
    [InlineData("0 0 31W * *", "2026-05-01 00:00", "2026-05-29 00:00")]
    [InlineData("0 0 30W 4,5 *", "2026-05-01 00:00", "2026-05-29 00:00")]
    [InlineData("0 0 * * 6L", "2026-03-01 00:00", "2026-03-27 00:00")]
    [InlineData("0 0 * * TUE#3", "2026-03-01 00:00", "2026-03-17 00:00")]
    [InlineData("0 0 * * 1#5", "2026-03-02 00:00", "2026-03-29 00:00")]
    [InlineData("0 0 * 2 7#5", "2026-01-01 00:00", "2048-02-29 00:00")]
    public void Next_moment_is(string schedule, string after, string expected) =>
        CronSchedule.Parse(schedule)!.NextAfter(At(after)).ShouldBe(At(expected));

    [Theory]
    [InlineData("0 0 31 2 *")]
    [InlineData("0 0 30W 2 *")]
    [InlineData("0 0 L-30 4 *")]
    public void There_is_no_moment_for(string schedule) => CronSchedule.Parse(schedule)!.NextAfter(At("2026-01-01 00:00")).ShouldBeNull();

    [Fact]
    public void A_moment_in_another_offset_is_the_same_moment() =>
        CronSchedule.Parse("0 12 * * *")!.NextAfter(new(2026, 3, 1, 13, 30, 0, TimeSpan.FromHours(2))).ShouldBe(At("2026-03-01 12:00"));

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("* * * * * *")]
    [InlineData(" * * * * *")]
    [InlineData("* * * * * ")]
    [InlineData("* * * *\n*")]
    [InlineData("@daily")]
    [InlineData("60 * * * *")]
    [InlineData("-1 * * * *")]
    [InlineData("+1 * * * *")]
    [InlineData("000 * * * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("*/60 * * * *")]
    [InlineData("1/2/3 * * * *")]
    [InlineData("*-5 * * * *")]
    [InlineData("1, * * * *")]
    [InlineData("?  * * * *")]
    [InlineData("٣ * * * *")]
    [InlineData("* 24 * * *")]
    [InlineData("* */24 * * *")]
    [InlineData("* * 0 * *")]
    [InlineData("* * 32 * *")]
    [InlineData("* * L-0 * *")]
    [InlineData("* * L-31 * *")]
    [InlineData("* * 0W * *")]
    [InlineData("* * L,1 * *")]
    [InlineData("* * W * *")]
    [InlineData("* * * 0 *")]
    [InlineData("* * * 13 *")]
    [InlineData("* * * JANUARY *")]
    [InlineData("* * * */12 *")]
    [InlineData("* * * * 0")]
    [InlineData("* * * * 8")]
    [InlineData("* * * * 1#0")]
    [InlineData("* * * * 1#6")]
    [InlineData("* * * * MON,TUE#2")]
    [InlineData("* * * * 1L,2")]
    [InlineData("* * * * #2")]
    public void This_is_no_schedule(string text) => CronSchedule.Parse(text).ShouldBeNull();

    static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
