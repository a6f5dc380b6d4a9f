using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <summary>Which hosts a deployment may have: the two of the platform, and those of its organization's verified domains.</summary>
public sealed class AttachableHosts(IsletDb db, HostNames names, HostOwnership ownership)
{
    /// <summary>Checks a domain of a request, in which placeholders may stand, and gives the form we keep.</summary>
    internal async Task<Outcome<string>> TemplateAsync(
        OrganizationId organization, string given, string projectName, DeploymentId deployment, string field, CancellationToken cancellation)
    {
        if (HostTemplate.HasUnknownPlaceholder(given))
            return Bad("knows only the placeholders {project.name} and {deployment.id}");
        if (names.IsOnPlatform(given))
            return names.Template(given, projectName, deployment, field);
        var template = given.ToLowerInvariant();
        var host = HostTemplate.Resolve(template, projectName, deployment);
        if (template.Length > DomainName.MaxLength || DomainName.Problem(host) is not null)
            return Bad(DomainName.Problem(host) ?? "is too long");
        var owners = await ownership.FindAsync([host], cancellation);
        if (owners.GetValueOrDefault(host)?.OrganizationId == organization)
            return template;

        var wildcard = DomainName.WildcardOver(host);
        return await db.Domains.AnyAsync(row => row.OrganizationId == organization && (row.Name == host || row.Name == wildcard), cancellation)
            ? new Refusal(RefusalCode.DomainNotVerified, $"{field}: the domain for \"{host}\" is not verified in this organization: verify it first", field)
            : Bad($"is not registered in this organization: register and verify \"{host}\" as a domain first");

        Refusal Bad(string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
    }

    /// <summary>The <see cref="MappedHost.Host"/> that a domain of a request means, whether or not it may be had.</summary>
    internal Outcome<string> Host(string given, string projectName, DeploymentId deployment, string field)
    {
        if (!names.IsOnPlatform(given))
            return HostTemplate.Resolve(given.ToLowerInvariant(), projectName, deployment);
        return names.Template(given, projectName, deployment, field).IsRefused(out var refusal, out var template)
            ? refusal
            : HostTemplate.Resolve(template, projectName, deployment);
    }
}
