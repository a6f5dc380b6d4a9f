namespace Islet.ControlPlane.Crons;

/// <summary>
/// Which days a schedule means.
/// <code>
///   day of month = field | "L" | "LW" | "L-" n [ "W" ] | n "W"      last, weekday nearest to it; never out of its month
///   day of week  = field | "L" | day "L" | day "#" n               Saturday, the month's last, its nth
/// </code>
/// When both are given a day is meant that either of them means.
/// </summary>
sealed class CronDays
{
    readonly Func<DateOnly, bool>? ofMonth;
    readonly Func<DateOnly, bool>? ofWeek;

    CronDays(Func<DateOnly, bool>? ofMonth, Func<DateOnly, bool>? ofWeek) => (this.ofMonth, this.ofWeek) = (ofMonth, ofWeek);

    /// <summary>Null when one of them is none.</summary>
    public static CronDays? Parse(string ofMonth, string ofWeek)
    {
        Func<DateOnly, bool>? month = null, week = null;
        return (ofMonth == "*" || (month = DaysOfMonth(ofMonth)) is not null) && (ofWeek == "*" || (week = DaysOfWeek(ofWeek)) is not null)
            ? new(month, week)
            : null;
    }

    public bool Contain(DateOnly day) => (ofMonth, ofWeek) switch
    {
        (null, null) => true,
        ({ } month, null) => month(day),
        (null, { } week) => week(day),
        ({ } month, { } week) => month(day) || week(day),
    };

    static Func<DateOnly, bool>? DaysOfMonth(string text)
    {
        if (text is "L" or "LW")
            return Last(0, text == "LW");
        if (text.StartsWith("L-", StringComparison.Ordinal))
        {
            var weekday = text.EndsWith('W');
            return CronField.ParseNumber(text.AsSpan(2, text.Length - (weekday ? 3 : 2)), 1, 30) is { } offset ? Last(offset, weekday) : null;
        }
        if (text.EndsWith('W'))
            return CronField.ParseNumber(text.AsSpan(0, text.Length - 1), 1, 31) is { } nearest
                ? day => day.Day == NearestWeekday(day, nearest)
                : null;
        return CronField.DayOfMonth.Parse(text) is { } set ? day => CronField.Has(set, day.Day) : null;
    }

    static Func<DateOnly, bool>? DaysOfWeek(string text)
    {
        if (text == "L")
            return day => day.DayOfWeek == DayOfWeek.Saturday;
        if (text.EndsWith('L'))
            return CronField.DayOfWeek.ParseValue(text.AsSpan(0, text.Length - 1)) is { } last
                ? day => Number(day) == last && day.Day + 7 > DateTime.DaysInMonth(day.Year, day.Month)
                : null;
        if (text.IndexOf('#', StringComparison.Ordinal) is >= 0 and var hash)
            return CronField.DayOfWeek.ParseValue(text.AsSpan(0, hash)) is { } which && CronField.ParseNumber(text.AsSpan(hash + 1), 1, 5) is { } nth
                ? day => Number(day) == which && (day.Day - 1) / 7 + 1 == nth
                : null;
        return CronField.DayOfWeek.Parse(text) is { } set ? day => CronField.Has(set, Number(day)) : null;
    }

    static Func<DateOnly, bool> Last(int offset, bool weekday) => day =>
    {
        var wanted = DateTime.DaysInMonth(day.Year, day.Month) - offset;
        return day.Day == (weekday ? NearestWeekday(day, wanted) : wanted);
    };

    /// <summary>Null: the month has no such day.</summary>
    static int? NearestWeekday(DateOnly month, int day)
    {
        var days = DateTime.DaysInMonth(month.Year, month.Month);
        if (day < 1 || day > days)
            return null;
        return new DateOnly(month.Year, month.Month, day).DayOfWeek switch
        {
            DayOfWeek.Saturday => day == 1 ? day + 2 : day - 1,
            DayOfWeek.Sunday => day == days ? day - 2 : day + 1,
            _ => day,
        };
    }

    static int Number(DateOnly day) => (int)day.DayOfWeek + 1;
}
