namespace Islet.ControlPlane.Usage;

/// <summary>Time in pieces of 15 minutes.</summary>
static class UsageQuarters
{
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(15);

    /// <summary>Begin of the quarter that a moment is in, UTC.</summary>
    public static DateTimeOffset Of(DateTimeOffset moment) => new(moment.UtcTicks - (moment.UtcTicks % Length.Ticks), TimeSpan.Zero);
}
