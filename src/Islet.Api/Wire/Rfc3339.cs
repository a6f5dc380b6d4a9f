using System.Globalization;
using System.Text.RegularExpressions;

namespace Islet.Api.Wire;

/// <summary>Times on the wire: RFC 3339; what is sent is UTC with six fractional digits and <c>Z</c>.</summary>
static partial class Rfc3339
{
    const string WireForm = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(WireForm, CultureInfo.InvariantCulture);

    /// <summary>
    /// Any RFC 3339 time of 0001 to 9999; digits behind the seventh of the fraction are dropped (Go sends nine). A space
    /// for the <c>+</c> of the offset is what is left of one that was not percent-encoded.
    /// </summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length > 64 || Grammar().Match(text) is not { Success: true } match)
            return false;
        var fraction = match.Groups["fraction"].Value.PadRight(7, '0')[..7];
        var offset = match.Groups["offset"].Value is "Z" or "z" ? "+00:00" : match.Groups["offset"].Value.Replace(' ', '+');
        return DateTimeOffset.TryParseExact(
            $"{match.Groups["date"].Value}T{match.Groups["clock"].Value}.{fraction}{offset}",
            "yyyy-MM-dd'T'HH:mm:ss.fffffffzzz",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out time);
    }

    [GeneratedRegex(
        @"\A(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]+))?(?<offset>[Zz]|[+\- ][0-9]{2}:[0-9]{2})\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Grammar();
}
