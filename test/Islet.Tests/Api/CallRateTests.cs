using Islet.Api.Rates;

namespace Islet.Tests.Api;

public sealed class CallRateTests
{
    readonly SetTime time = new();

    [Fact]
    public void Ten_seconds_worth_is_there_at_once_and_comes_back_evenly()
    {
        var rate = new CallRate<string>(2, time);
        for (var left = 19; left >= 0; left--)
        {
            var verdict = rate.Take("a")!.Value;
            verdict.IsRefused.ShouldBeFalse();
            (verdict.Limit, verdict.Remaining).ShouldBe((20, left));
        }

        var refused = rate.Take("a")!.Value;
        refused.IsRefused.ShouldBeTrue();
        refused.Wait.ShouldBe(TimeSpan.FromSeconds(0.5));
        refused.Reset.ShouldBe(TimeSpan.FromSeconds(10));
        rate.Take("b")!.Value.IsRefused.ShouldBeFalse();

        time.Now += refused.Wait;
        rate.Take("a")!.Value.IsRefused.ShouldBeFalse();
        rate.Take("a")!.Value.IsRefused.ShouldBeTrue();
    }

    [Fact]
    public void Callers_at_once_get_no_more_than_one_after_another()
    {
        var rate = new CallRate<string>(100, time);
        var passed = 0;

        Parallel.For(0, 5000, _ =>
        {
            if (!rate.Take("a")!.Value.IsRefused)
                Interlocked.Increment(ref passed);
        });

        passed.ShouldBe(1000);
    }

    [Fact]
    public void Zero_is_no_limit() => new CallRate<string>(0, time).Take("a").ShouldBeNull();

    [Fact]
    public void Many_keys_do_not_stay_for_ever()
    {
        var rate = new CallRate<int>(1, time);
        for (var key = 0; key < 200_000; key++)
        {
            rate.Take(key);
            time.Now += TimeSpan.FromMilliseconds(1);
        }

        rate.Keys.ShouldBeLessThanOrEqualTo(50_000);
    }

    sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
