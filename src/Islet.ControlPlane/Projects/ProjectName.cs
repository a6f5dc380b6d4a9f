using System.Diagnostics.CodeAnalysis;

namespace Islet.ControlPlane.Projects;

/// <summary>
/// The rule for project names: a host label that leaves room for <c>-&lt;deployment id&gt;</c> within 63 characters,
/// is no UUID (names and ids share a place in paths) and none of the platform's own hosts.
/// </summary>
public static class ProjectName
{
    public const int MinLength = 3;
    public const int MaxLength = 50;

    /// <summary>Comes behind every character of a name.</summary>
    internal const string BehindAll = "~";

    static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "api", "app", "admin", "assets", "auth", "cdn", "console", "dash", "dashboard", "docs", "islet", "kv", "localhost",
        "login", "mail", "ns1", "ns2", "platform", "root", "security", "smtp", "static", "status", "support", "system", "www",
    };

    /// <summary>Gives what is wrong with the name, or null.</summary>
    public static string? Problem(string name)
    {
        if (name.Length is < MinLength or > MaxLength)
            return $"must have {MinLength} to {MaxLength} characters";
        foreach (var character in name)
            if (!IsLetterOrDigit(character) && character != '-')
                return "may contain only lower-case letters, digits and hyphens";
        if (name[0] == '-' || name[^1] == '-')
            return "must start and end with a letter or digit";
        if (name.Contains("--", StringComparison.Ordinal))
            return "must not contain two hyphens in a row";
        if (Guid.TryParseExact(name, "D", out _))
            return "must not have the form of a UUID";
        return Reserved.Contains(name) ? "is reserved" : null;
    }

    /// <summary>Cuts <c>foo-rn3mjpwsw24d</c> into <c>foo</c> and the part that looks like a deployment id.</summary>
    public static bool LooksLikeDeploymentHost(
        string name, [NotNullWhen(true)] out string? project, [NotNullWhen(true)] out string? deployment)
    {
        (project, deployment) = (null, null);
        var hyphen = name.LastIndexOf('-');
        if (hyphen < MinLength || !Deployments.DeploymentIds.IsOne(name.AsSpan(hyphen + 1)))
            return false;
        (project, deployment) = (name[..hyphen], name[(hyphen + 1)..]);
        return true;
    }

    static bool IsLetterOrDigit(char character) => character is (>= 'a' and <= 'z') or (>= '0' and <= '9');
}
