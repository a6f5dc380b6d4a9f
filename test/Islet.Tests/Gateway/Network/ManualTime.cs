namespace Islet.Tests.Gateway.Network;

/// <summary>A clock that stands still until it is told; timers are the real ones.</summary>
internal sealed class ManualTime : TimeProvider
{
    long now = 1_000_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now;

    public void Forward(TimeSpan span) => now += span.Ticks;
}
