using System.Globalization;
using System.Net;
using Islet.ControlPlane.Storage;

namespace Islet.Server.Settings;

using Reader = Func<string, IEnumerable<KeyValuePair<string, string>>>;

/// <summary>
/// How the texts of settings are read: each gives what the rooms bind, or throws <see cref="FormatException"/> that says
/// what is expected.
/// </summary>
static class SettingValues
{
    public static Reader Only(string value) =>
        text => text == value ? [] : throw new FormatException($"expected '{value}'");

    public static Reader OneOf(IReadOnlySet<string> values, params string[] places) =>
        text => values.Contains(text) ? ForAll(places, text) : throw new FormatException($"expected one of {string.Join(", ", values.Order(StringComparer.Ordinal))}");

    public static Reader Flag(string place) => text => text switch
    {
        "true" or "1" => [new(place, "true")],
        "false" or "0" => [new(place, "false")],
        _ => throw new FormatException("expected true or false"),
    };

    public static Reader Whole(string place, int least, int most) => text =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? [new(place, text)]
            : throw new FormatException($"expected a whole number from {least} to {most}");

    /// <summary>A DNS name, in lower case.</summary>
    public static Reader Host(string place) => text =>
        Uri.CheckHostName(text) == UriHostNameType.Dns && !text.Contains('_', StringComparison.Ordinal)
            ? [new(place, text.ToLowerInvariant())]
            : throw new FormatException("expected a host name such as islet.example");

    public static Reader Url(string place) => text =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
            ? [new(place, text)]
            : throw new FormatException("expected http://… or https://…");

    public static Reader MailServer(string place) => text =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "smtp" or "smtps", Host.Length: > 0, Port: > 0, UserInfo: "", AbsolutePath: "" or "/" }
            ? [new(place, text)]
            : throw new FormatException("expected smtp://HOST:PORT or smtps://HOST:PORT");

    public static Reader MailAddress(string place) => text =>
        System.Net.Mail.MailAddress.TryCreate(text, out var address) && address.Address == text
            ? [new(place, text)]
            : throw new FormatException("expected an address such as islet@example.com");

    public static Reader Text(string place) => text => text.Length > 0 ? [new(place, text)] : throw new FormatException("expected a value");

    /// <summary>Made absolute: not every process of a server has the same working directory.</summary>
    public static Reader Directory(string place) =>
        text => text.Length > 0 ? [new(place, Path.GetFullPath(text))] : throw new FormatException("expected a directory");

    public static Reader Postgres(string place) => text => [new(place, PostgresAddress.Parse(text))];

    public static Reader List(string place) =>
        text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select((item, index) => KeyValuePair.Create($"{place}:{index}", item));

    public static Reader Addresses(string place) => text => List(place)(text).Select(pair => IPAddress.TryParse(pair.Value, out _)
        ? pair
        : throw new FormatException($"expected IP addresses, and '{pair.Value}' is none")).ToList();

    /// <summary>Some of a closed list.</summary>
    public static Reader Several(IReadOnlySet<string> values, string place) => text =>
        List(place)(text).Select(pair => values.Contains(pair.Value)
            ? pair
            : throw new FormatException($"expected some of {string.Join(", ", values.Order(StringComparer.Ordinal))}")).ToList();

    public static Reader Duration(string place, TimeSpan least, TimeSpan most) => text =>
        ParseDuration(text) is { } duration && duration >= least && duration <= most
            ? [new(place, duration.ToString("c", CultureInfo.InvariantCulture))]
            : throw new FormatException($"expected a duration such as 500ms, 10s, 2m or 1h, from {least.TotalMilliseconds}ms to {most.TotalHours}h");

    public static Reader Bytes(string place, long least, long most) => text =>
        ParseBytes(text) is { } bytes && bytes >= least && bytes <= most
            ? [new(place, bytes.ToString(CultureInfo.InvariantCulture))]
            : throw new FormatException($"expected a size such as 512MB, from {least >> 20}MB to {most >> 20}MB");

    static IEnumerable<KeyValuePair<string, string>> ForAll(string[] places, string text) =>
        places.Select(place => KeyValuePair.Create(place, text));

    static TimeSpan? ParseDuration(string text)
    {
        (string Unit, double Seconds)[] units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];
        foreach (var (unit, seconds) in units)
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * seconds <= TimeSpan.FromDays(365).TotalSeconds)
                return TimeSpan.FromSeconds(number * seconds);
        return null;
    }

    static long? ParseBytes(string text)
    {
        (string Unit, long Size)[] units = [("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("", 1)];
        foreach (var (unit, size) in units)
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && long.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number <= long.MaxValue / size)
                return number * size;
        return null;
    }
}
