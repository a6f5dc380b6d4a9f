using System.Globalization;

namespace Islet.ControlPlane.Crons;

/// <summary>
/// One field of a schedule as the set of its values, a bit each:
/// <code>
///   field = "*" | part *( "," part )
///   part  = ( "*" | value | value "-" value ) [ "/" step ]
/// </code>
/// <c>a/b</c> goes from a to the end of the field. A range whose end lies before its begin wraps around, and then Deno counts
/// the value before its begin as well, unless it has a step: so do we, a program's crons run when they would at home.
/// </summary>
readonly record struct CronField(int Min, int Max, int MaxStep, IReadOnlyList<string> Names)
{
    public static readonly CronField Minute = new(0, 59, 59, []);
    public static readonly CronField Hour = new(0, 23, 23, []);
    public static readonly CronField DayOfMonth = new(1, 31, 30, []);
    public static readonly CronField Month = new(1, 12, 11, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

    /// <summary>Sunday is 1, Saturday 7.</summary>
    public static readonly CronField DayOfWeek = new(1, 7, 6, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    /// <summary>Null when it is none.</summary>
    public ulong? Parse(ReadOnlySpan<char> text)
    {
        var set = 0UL;
        foreach (var range in text.Split(','))
        {
            if (ParsePart(text[range]) is not { } part)
                return null;
            set |= part;
        }
        return set;
    }

    public int? ParseValue(ReadOnlySpan<char> text)
    {
        for (var index = 0; index < Names.Count; index++)
            if (text.Equals(Names[index], StringComparison.OrdinalIgnoreCase))
                return Min + index;
        return ParseNumber(text, Min, Max);
    }

    /// <summary>One or two digits.</summary>
    public static int? ParseNumber(ReadOnlySpan<char> text, int min, int max) =>
        text.Length is 1 or 2 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value : null;

    public static bool Has(ulong set, int value) => (set >> value & 1) != 0;

    ulong? ParsePart(ReadOnlySpan<char> part)
    {
        var (slash, step) = (part.IndexOf('/'), 0);
        var values = slash < 0 ? part : part[..slash];
        if (slash >= 0)
        {
            if (ParseNumber(part[(slash + 1)..], 1, MaxStep) is not { } given)
                return null;
            step = given;
        }
        if (values is "*")
            return Stepped(Min, Max, Math.Max(1, step));
        var dash = values.IndexOf('-');
        if (ParseValue(dash < 0 ? values : values[..dash]) is not { } start)
            return null;
        var end = dash < 0 ? (step > 0 ? Max : start) : ParseValue(values[(dash + 1)..]);
        return end is null ? null
            : step > 0 ? Stepped(start, end.Value, step)
            : end >= start ? Stepped(start, end.Value, 1)
            : Stepped(start - 1, Max, 1) | Stepped(Min, end.Value, 1);
    }

    ulong Stepped(int start, int end, int step)
    {
        var set = 0UL;
        var length = end >= start ? end - start : Max - start + 1 + (end - Min);
        for (var offset = 0; offset <= length; offset += step)
            set |= 1UL << (start + offset <= Max || end >= start ? start + offset : Min + (start + offset - Max - 1));
        return set;
    }
}
