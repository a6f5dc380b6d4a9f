namespace Islet.ControlPlane.Storage;

static class Moments
{
    /// <summary>Now, cut to the microsecond that a row keeps: what is answered at once equals what is read later.</summary>
    public static DateTimeOffset Moment(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.UtcTicks % TimeSpan.TicksPerMicrosecond));
    }
}
