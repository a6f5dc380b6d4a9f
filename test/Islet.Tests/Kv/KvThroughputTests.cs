using Islet.Kv.Engine;
using Islet.Tests.Gateway.Network;

namespace Islet.Tests.Kv;

public sealed class KvThroughputTests
{
    [Fact]
    public async Task Who_moves_more_than_the_rate_waits_and_what_is_owed_is_waited_for_by_the_next()
    {
        var time = new StoppedTime();
        var throughput = new Throughput(1 << 20, time);

        for (var times = 0; times < 4; times++)
            await throughput.PayAsync(60_000, CancellationToken.None); // within a quarter of a second's bytes
        throughput.Owe(1 << 20);

        var next = throughput.PayAsync(0, CancellationToken.None).AsTask();
        next.IsCompleted.ShouldBeFalse();
        time.Forward(TimeSpan.FromMilliseconds(950));
        next.IsCompleted.ShouldBeFalse();
        time.Forward(TimeSpan.FromMilliseconds(100));
        await next;
    }

    [Fact]
    public async Task A_wait_ends_with_its_call()
    {
        using var ending = new CancellationTokenSource();
        var throughput = new Throughput(1 << 20, new StoppedTime());
        throughput.Owe(100 << 20);

        var waiting = throughput.PayAsync(0, ending.Token).AsTask();
        await ending.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }
}
