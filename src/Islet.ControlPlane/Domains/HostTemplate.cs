using Islet.Contracts;

namespace Islet.ControlPlane.Domains;

/// <summary>
/// What a client may give as a domain, in the form we keep: platform hosts as a label without suffix
/// (<c>{project.name}</c>, <c>{project.name}-{deployment.id}</c>), so that renamed projects and a changed suffix follow.
/// </summary>
static class HostTemplate
{
    const string ProjectPlaceholder = "{project.name}";
    const string DeploymentPlaceholder = "{deployment.id}";

    public const string OfProject = ProjectPlaceholder;
    public const string OfDeployment = ProjectPlaceholder + "-" + DeploymentPlaceholder;

    /// <summary>Puts the names in: gives a <see cref="MappedHost.Host"/>.</summary>
    public static string Resolve(string template, string projectName, DeploymentId deployment) => template
        .Replace(ProjectPlaceholder, projectName, StringComparison.Ordinal)
        .Replace(DeploymentPlaceholder, deployment.Value, StringComparison.Ordinal);

    /// <summary>Whether it names nothing but the two known placeholders.</summary>
    public static bool HasUnknownPlaceholder(string given) => given
        .Replace(ProjectPlaceholder, "", StringComparison.Ordinal)
        .Replace(DeploymentPlaceholder, "", StringComparison.Ordinal)
        .AsSpan().ContainsAny('{', '}');
}
