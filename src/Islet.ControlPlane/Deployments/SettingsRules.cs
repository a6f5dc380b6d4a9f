using System.Net;
using System.Net.Sockets;
using System.Text;
using Islet.Contracts;

namespace Islet.ControlPlane.Deployments;

/// <summary>Checks of the settings that create and redeploy share. Each gives the first thing wrong, or null.</summary>
static class SettingsRules
{
    static readonly string[] ReservedPrefixes = ["DENO_", "LD_", "OTEL_"];

    public static Refusal? Description(string? description) =>
        description is not null && description.EnumerateRunes().Count() > DeploymentLimits.Description
            ? Bad("description", $"must not have more than {DeploymentLimits.Description} characters")
            : null;

    public static Refusal? RequestTimeout(int? milliseconds) =>
        milliseconds < 1 ? Bad("requestTimeout", "must be 1 ms or more") : null;

    public static Refusal? Environment(IReadOnlyDictionary<string, string> variables, string field)
    {
        if (variables.Count > DeploymentLimits.Variables)
            return Bad(field, $"must not have more than {DeploymentLimits.Variables} variables");
        var total = 0L;
        foreach (var (name, value) in variables)
        {
            var path = FieldPath.Entry(field, name);
            foreach (var prefix in ReservedPrefixes)
                if (name.StartsWith(prefix, StringComparison.Ordinal))
                    return new(RefusalCode.BadRequest, $"{path}: Invalid key: {prefix} is a reserved prefix", path);
            if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0'))
                return Bad(path, "is not a possible name: it must not be empty nor contain '=' or NUL");
            if (value.Contains('\0', StringComparison.Ordinal))
                return Bad(path, "must not contain NUL");
            var (nameBytes, valueBytes) = (Encoding.UTF8.GetByteCount(name), Encoding.UTF8.GetByteCount(value));
            if (nameBytes > DeploymentLimits.VariableName)
                return Bad(path, $"must not have a name longer than {DeploymentLimits.VariableName} bytes");
            if (valueBytes > DeploymentLimits.VariableValue)
                return Bad(path, $"must not be longer than {DeploymentLimits.VariableValue} bytes");
            total += nameBytes + valueBytes;
        }
        return total > DeploymentLimits.AllVariables
            ? Bad(field, $"must not have more than {DeploymentLimits.AllVariables} bytes together")
            : null;
    }

    /// <summary>Only <c>default</c> may be named. Whether there is such a database, <see cref="Databases.DatabaseReferences"/> knows.</summary>
    public static Refusal? Databases(IReadOnlyDictionary<string, string> databases)
    {
        foreach (var (name, id) in databases)
        {
            var path = FieldPath.Entry("databases", name);
            if (name != "default")
                return Bad(path, "is not possible: a deployment has only the database \"default\"");
            if (!Guid.TryParseExact(id, "D", out _))
                return Bad(path, "must be the UUID of a database");
        }
        return null;
    }

    public static Refusal? Net(IReadOnlyList<string>? hosts)
    {
        const string Field = "permissions.net";
        if (hosts is null)
            return null;
        if (hosts.Count > DeploymentLimits.NetHosts)
            return Bad(Field, $"must not have more than {DeploymentLimits.NetHosts} elements");
        for (var index = 0; index < hosts.Count; index++)
            if (!IsNetHost(hosts[index]))
                return Bad(FieldPath.Item(Field, index), "must be an IPv4 address, an IPv6 address in brackets, a host name or *");
        return null;
    }

    static bool IsNetHost(string host)
    {
        if (host == "*")
            return true;
        if (host is ['[', .. var inner, ']'])
            return !inner.Contains('%', StringComparison.Ordinal)
                && IPAddress.TryParse(inner, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6;
        return IsDottedQuad(host) || IsHostName(host);
    }

    /// <summary>Four decimal numbers and nothing else: other spellings of addresses have fooled checks before.</summary>
    static bool IsDottedQuad(string host) =>
        IPAddress.TryParse(host, out var v4) && v4.AddressFamily == AddressFamily.InterNetwork && v4.ToString() == host;

    internal static bool IsHostName(string host)
    {
        if (host.Length is 0 or > 253)
            return false;
        var lastIsNumber = true;
        foreach (var range in host.AsSpan().Split('.'))
        {
            var label = host.AsSpan(range);
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
                return false;
            foreach (var character in label)
                if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_'))
                    return false;
            lastIsNumber = char.IsAsciiDigit(label[0]) && label.IndexOfAnyExceptInRange('0', '9') < 0
                || label.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        }
        return !lastIsNumber;
    }

    static Refusal Bad(string field, string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
}
