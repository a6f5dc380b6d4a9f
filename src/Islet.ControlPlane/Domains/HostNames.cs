using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Domains;

/// <summary>Stored hosts to full ones and templates from the wire to stored ones, on this platform's suffix.</summary>
public sealed class HostNames(IOptions<ControlPlaneOptions> options)
{
    /// <summary>Unchanged clients write this suffix; it means ours.</summary>
    const string Alias = "deno.dev";

    readonly string suffix = options.Value.Domain.ToLowerInvariant();

    /// <summary>The host a visitor types for a <see cref="MappedHost.Host"/>.</summary>
    public string Full(string stored) => stored.Contains('.', StringComparison.Ordinal) ? stored : $"{stored}.{suffix}";

    /// <summary>Whether this lower-case host is the platform's suffix or below it.</summary>
    internal bool IsPlatform(string host) =>
        host == suffix || (host.Length > suffix.Length && host[^(suffix.Length + 1)] == '.' && host.EndsWith(suffix, StringComparison.Ordinal));

    /// <summary>Whether a domain of a request is meant to be on the platform's suffix.</summary>
    internal bool IsOnPlatform(string given) => PlatformLabel(given.ToLowerInvariant()) is not null;

    /// <summary>Name that a challenge in DNS is delegated to, without the dot at its end.</summary>
    internal string ChallengeTarget(string token) => $"{token}._acme.{suffix}";

    /// <summary>
    /// Checks one that <see cref="IsOnPlatform"/> and gives the form we keep. On the platform's suffix only the host of the
    /// project and the host of the deployment exist; both may be written as templates or out.
    /// </summary>
    internal Outcome<string> Template(string given, string projectName, DeploymentId deployment, string field)
    {
        if (HostTemplate.HasUnknownPlaceholder(given))
            return Bad("knows only the placeholders {project.name} and {deployment.id}");
        var label = PlatformLabel(given.ToLowerInvariant()) ?? throw new ArgumentException("It is a custom domain.", nameof(given));
        var resolved = HostTemplate.Resolve(label, projectName, deployment);
        if (resolved == projectName)
            return HostTemplate.OfProject;
        if (resolved == HostTemplate.Resolve(HostTemplate.OfDeployment, projectName, deployment))
            return HostTemplate.OfDeployment;
        return Bad($"is not available: on {suffix} a deployment may have {{project.name}}.{suffix} and {{project.name}}-{{deployment.id}}.{suffix}");

        Refusal Bad(string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
    }

    string? PlatformLabel(string host)
    {
        foreach (var end in (ReadOnlySpan<string>)[suffix, Alias])
            if (host.Length > end.Length + 1 && host[^(end.Length + 1)] == '.' && host.EndsWith(end, StringComparison.Ordinal))
                return host[..^(end.Length + 1)];
        return null;
    }
}
