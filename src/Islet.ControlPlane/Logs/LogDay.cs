using System.Globalization;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// A partition: the application lines of one UTC day are one table, so that forgetting a day is one DROP instead of
/// millions of deletes.
/// </summary>
readonly record struct LogDay(int Number) : IComparable<LogDay>
{
    const string Prefix = "app_log_";
    const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>Name of the table. Made of digits only, hence safe to stand in a statement.</summary>
    public string Table => Prefix + Number.ToString("D6", CultureInfo.InvariantCulture);

    public static LogDay Of(long microseconds) => new((int)Math.Max(0, Math.DivRem(microseconds, MicrosecondsPerDay).Quotient));

    public static bool TryParse(string table, out LogDay day)
    {
        day = default;
        if (!table.StartsWith(Prefix, StringComparison.Ordinal)
            || !int.TryParse(table.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        day = new LogDay(number);
        return true;
    }

    public int CompareTo(LogDay other) => Number.CompareTo(other.Number);
}

/// <summary>Times are stored as microseconds since the Unix epoch: the precision that the wire has.</summary>
static class LogTime
{
    public static long ToMicroseconds(this DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicroseconds(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
