using System.Text;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.Contracts;

namespace Islet.ControlPlane.Secrets;

/// <summary>What a secret may be. Each gives the first thing wrong, or null.</summary>
static class SecretRules
{
    public const int Secrets = 100;
    const int Hosts = 20;
    const int HostLength = 253;

    /// <summary>Names that no public resolver answers (RFC 6761, RFC 6762, RFC 9476 and the root zone's reservations).</summary>
    static readonly string[] NeverPublic = ["localhost", "local", "internal", "arpa", "onion", "alt"];

    /// <summary>
    /// The name is a variable's. The value becomes part of a header field's (RFC 9110, section 5.5), where programs and
    /// gateway alike have one byte for a character: nothing above U+00FF, and no control characters.
    /// </summary>
    public static Refusal? Check(string name, string value)
    {
        if (name.Any(char.IsControl))
            return Bad("name", "must not contain control characters");
        if (SettingsRules.Environment(new Dictionary<string, string>(StringComparer.Ordinal) { [name] = "" }, "secrets") is { } refusal)
            return refusal;
        if (value.Length == 0)
            return Bad("value", "must not be empty");
        if (value.Any(character => char.IsControl(character) || character > '\xff'))
            return Bad("value", "must have only characters that a header field can carry: no control characters, none above U+00FF");
        return Encoding.UTF8.GetByteCount(value) > DeploymentLimits.VariableValue
            ? Bad("value", $"must not be longer than {DeploymentLimits.VariableValue} bytes")
            : null;
    }

    public static Refusal? Check(IReadOnlyList<string> hosts, HostNames names)
    {
        if (hosts.Count is 0 or > Hosts)
            return Bad("hosts", $"must have 1 to {Hosts} elements");
        for (var index = 0; index < hosts.Count; index++)
            if (Problem(hosts[index].ToLowerInvariant(), names) is { } problem)
                return Bad(FieldPath.Item("hosts", index), problem);
        return null;
    }

    static string? Problem(string host, HostNames names)
    {
        if (host.Length > HostLength || !host.Contains('.', StringComparison.Ordinal) || !SettingsRules.IsHostName(host))
            return "must be a whole host name, such as api.example.com: no address, wildcard, port or dot at the end";
        if (NeverPublic.Contains(host[(host.LastIndexOf('.') + 1)..], StringComparer.Ordinal))
            return "must be a public host name";
        return names.IsPlatform(host) ? "must not be a host of this platform" : null;
    }

    static Refusal Bad(string field, string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
}
