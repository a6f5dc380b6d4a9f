using Islet.Contracts;
using Islet.Edge.Watching;

namespace Islet.Tests.Edge;

/// <summary>The rules of processor time, on a clock of the test: a load each 100 ms, in milliseconds of processor time.</summary>
public sealed class CpuAllowanceTests
{
    static readonly ProjectLimits Limits = new() { CpuPerRequest = TimeSpan.FromSeconds(1), CpuPerRequestHard = TimeSpan.FromSeconds(15) };

    [Fact]
    public void One_request_may_take_the_average_and_one_more() =>
        KilledAfter(used: 100, inFlight: 1, endedPerStep: 0).ShouldBe(2_000);

    [Fact]
    public void Requests_in_flight_each_have_their_share() =>
        KilledAfter(used: 100, inFlight: 3, endedPerStep: 0).ShouldBe(4_000);

    [Fact]
    public void A_small_limit_is_not_enforced_below_half_a_second() =>
        KilledAfter(used: 100, inFlight: 1, endedPerStep: 0, Limits with { CpuPerRequest = TimeSpan.FromMilliseconds(10) }).ShouldBe(600);

    [Fact]
    public void Busy_with_many_small_requests_is_no_excess() =>
        KilledAfter(used: 100, inFlight: 1, endedPerStep: 1).ShouldBeNull();

    [Fact]
    public void What_ran_before_the_first_look_does_not_count() =>
        KilledAfter(used: 5, inFlight: 1, endedPerStep: 0, before: 60_000).ShouldBeNull();

    [Fact]
    public void A_stream_below_its_average_may_stay_for_ever() =>
        KilledAfter(used: 9, inFlight: 1, endedPerStep: 0).ShouldBeNull();

    [Fact]
    public void The_hard_limit_holds_where_the_average_allows_more() =>
        KilledAfter(used: 100, inFlight: 1, endedPerStep: 0, Limits with { CpuPerRequest = TimeSpan.FromSeconds(14) }).ShouldBe(15_000);

    [Fact]
    public void After_busy_requests_a_lone_one_is_judged_by_itself()
    {
        var allowance = new CpuAllowance();
        long now = 0, used = 0;
        uint ended = 0;
        for (var step = 0; step < 50; step++)
            Step(inFlight: 1, endedNow: 1).ShouldBeGreaterThan(0);

        var steps = 0;
        while (Step(inFlight: 1, endedNow: 0) > 0 && steps < 1000)
            steps++;

        // 50 that ended allow 51 s until they leave the window, 10 s after they began
        steps.ShouldBeInRange(50, 110);

        long Step(int inFlight, uint endedNow) =>
            allowance.Left(now += Milliseconds(100), used += Milliseconds(100), new LiveLoad(inFlight, ended += endedNow), Limits);
    }

    // Milliseconds of its processor time at which nothing was left; null: ten minutes went well.
    static int? KilledAfter(int used, int inFlight, uint endedPerStep, ProjectLimits? limits = null, long before = 0)
    {
        var allowance = new CpuAllowance();
        for (var step = 0; step < 6000; step++)
        {
            var left = allowance.Left(
                Milliseconds(step * 100L), Milliseconds(before + step * (long)used), new LiveLoad(inFlight, (uint)step * endedPerStep), limits ?? Limits);
            if (left <= 0)
                return step * used;
        }

        return null;
    }

    static long Milliseconds(long count) => count * TimeSpan.TicksPerMillisecond;
}
