using System.Text.RegularExpressions;

namespace Islet.ControlPlane.Invitations;

/// <summary>
/// Addresses as people have them: the dot-atom form of RFC 5321, section 4.1.2, at a host name with a dot or, for an
/// installation that is its own world, without. Nothing that could be more than one line, one address or one header.
/// </summary>
static partial class EmailAddress
{
    /// <summary>RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3.</summary>
    const int MaxLocal = 64;
    const int MaxLength = 254;

    /// <summary>Lower case; null when it is none.</summary>
    public static string? Normalize(string text)
    {
        if (text.Length > MaxLength || !Grammar().IsMatch(text) || text.IndexOf('@', StringComparison.Ordinal) > MaxLocal)
            return null;
        return text.ToLowerInvariant();
    }

    [GeneratedRegex(
        @"\A[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Grammar();
}
