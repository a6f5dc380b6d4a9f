using System.Globalization;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// A partition: what came in one UTC day is one table of each kind, so that forgetting a day is one DROP instead of
/// millions of deletes.
/// </summary>
readonly record struct LogDay(int Number) : IComparable<LogDay>
{
    /// <summary>Kind of the application lines.</summary>
    public const string Lines = "app_log_";

    public const string Egress = "egress_";

    public const string EgressTotals = "egress_total_";

    public static readonly string[] Kinds = [Lines, Egress, EgressTotals];

    const long MicrosecondsPerDay = 86_400_000_000;

    public DateTimeOffset Begin => LogTime.FromMicroseconds(Number * MicrosecondsPerDay);

    /// <summary>Name of the table with the application lines.</summary>
    public string Table => TableOf(Lines);

    /// <summary>Name of a table. Made of a kind and digits only, hence safe to stand in a statement.</summary>
    public string TableOf(string kind) => kind + Number.ToString("D6", CultureInfo.InvariantCulture);

    public static LogDay Of(long microseconds) => new((int)Math.Max(0, Math.DivRem(microseconds, MicrosecondsPerDay).Quotient));

    public static bool TryParse(string table, string kind, out LogDay day)
    {
        day = default;
        if (!table.StartsWith(kind, StringComparison.Ordinal)
            || !int.TryParse(table.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
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
