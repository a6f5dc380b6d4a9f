using System.Security.Cryptography;
using System.Text;
using Islet.Contracts;

namespace Islet.ControlPlane.Domains;

/// <summary>Names of custom domains: host names in lower-case ASCII, also with <c>*</c> as their first label.</summary>
static class DomainName
{
    public const int MaxLength = 253;

    const string Any = "*.";
    const int TokenDigits = 24;

    /// <summary>Second levels under which countries give names away, so that a zone has three labels there.</summary>
    static readonly HashSet<string> Shared = new(StringComparer.Ordinal) { "ac", "co", "com", "edu", "gob", "gov", "net", "ne", "or", "org" };

    public static bool IsWildcard(string name) => name.StartsWith(Any, StringComparison.Ordinal);

    /// <summary>Without the wildcard's label.</summary>
    public static string Base(string name) => IsWildcard(name) ? name[Any.Length..] : name;

    /// <summary>The wildcard that covers a host: one label deep (RFC 6125, section 6.4.3).</summary>
    public static string WildcardOver(string host) => "*" + host[host.IndexOf('.', StringComparison.Ordinal)..];

    public static bool Covers(string name, string host) =>
        name == host || (IsWildcard(name) && host.Contains('.', StringComparison.Ordinal) && WildcardOver(host) == name);

    /// <summary>Gives what is wrong with a name that is in lower case, or null.</summary>
    public static string? Problem(string name)
    {
        if (name.Length > MaxLength)
            return $"must not have more than {MaxLength} characters";
        var labels = Base(name).Split('.');
        if (labels.Length < 2)
            return "must be a host name with at least two labels, such as www.example.com or *.example.com";
        foreach (var label in labels)
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-' || !label.All(IsLetterDigitHyphen))
                return "must be a host name: labels of 1 to 63 letters, digits and inner hyphens; names of other scripts in their xn-- form; * only as the first label";
        return labels[^1].All(char.IsAsciiDigit) || labels[^1] == "localhost" ? "must not be an address or a name of this machine" : null;
    }

    /// <summary>
    /// What an organization puts into DNS to show that a name is its own: 24 hexadecimal digits. The same for a name and
    /// the wildcard below it, which share the place in DNS, and for a domain that was deleted and registered again.
    /// </summary>
    public static string Token(OrganizationId organization, string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{organization}\n{Base(name)}")))[..TokenDigits];

    /// <summary>
    /// The name within its zone, <c>@</c> for the zone itself. Where zones begin is not in DNS; this knows the usual two
    /// labels and the common second levels of countries.
    /// </summary>
    public static string WithinZone(string name)
    {
        var labels = name.Split('.');
        var zone = labels.Length > 2 && labels[^1].Length == 2 && Shared.Contains(labels[^2]) ? 3 : 2;
        return labels.Length <= zone ? "@" : string.Join('.', labels[..^zone]);
    }

    static bool IsLetterDigitHyphen(char character) => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-';
}
