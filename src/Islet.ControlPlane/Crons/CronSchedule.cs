namespace Islet.ControlPlane.Crons;

/// <summary>
/// When a cron runs: minute, hour, day of month, month, day of week, in UTC, as Deno reads them
/// (<see cref="CronField"/>, <see cref="CronDays"/>).
/// </summary>
public sealed class CronSchedule
{
    /// <summary>A fifth Friday in February may be decades away.</summary>
    const int YearsAhead = 100;

    readonly ulong minutes;
    readonly ulong hours;
    readonly ulong months;
    readonly CronDays days;

    CronSchedule(ulong minutes, ulong hours, ulong months, CronDays days) =>
        (this.minutes, this.hours, this.months, this.days) = (minutes, hours, months, days);

    /// <summary>Null when it is no schedule. Fields are apart by spaces or tabs, with none around.</summary>
    public static CronSchedule? Parse(string text)
    {
        if (text.Length == 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
            return null;
        var fields = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 5
            && CronField.Minute.Parse(fields[0]) is { } minutes
            && CronField.Hour.Parse(fields[1]) is { } hours
            && CronDays.Parse(fields[2], fields[4]) is { } days
            && CronField.Month.Parse(fields[3]) is { } months
            ? new(minutes, hours, months, days)
            : null;
    }

    /// <summary>The first minute after this moment that it means; null when there is none, as on 31 February.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset moment)
    {
        var from = moment.UtcDateTime;
        var first = new DateTime(from.Year, from.Month, from.Day, from.Hour, from.Minute, 0, DateTimeKind.Utc).AddMinutes(1);
        var last = DateOnly.FromDateTime(first).AddYears(YearsAhead);
        var time = first.TimeOfDay;
        for (var day = DateOnly.FromDateTime(first); day <= last; day = After(day))
        {
            if (Means(day) && TimeFrom(time) is { } found)
                return new(day.ToDateTime(TimeOnly.FromTimeSpan(found)), TimeSpan.Zero);
            time = TimeSpan.Zero;
        }
        return null;
    }

    bool Means(DateOnly day) => CronField.Has(months, day.Month) && days.Contain(day);

    DateOnly After(DateOnly day) => CronField.Has(months, day.Month) ? day.AddDays(1) : day.AddDays(1 - day.Day).AddMonths(1);

    TimeSpan? TimeFrom(TimeSpan begin)
    {
        for (var (hour, from) = (begin.Hours, begin.Minutes); hour < 24; (hour, from) = (hour + 1, 0))
        {
            if (!CronField.Has(hours, hour))
                continue;
            for (var minute = from; minute < 60; minute++)
                if (CronField.Has(minutes, minute))
                    return new(hour, minute, 0);
        }
        return null;
    }
}
