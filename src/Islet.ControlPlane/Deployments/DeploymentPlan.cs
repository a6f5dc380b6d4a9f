using Islet.ControlPlane.Assets;
using Islet.Contracts;

namespace Islet.ControlPlane.Deployments;

/// <summary>All that a build needs to know.</summary>
/// <param name="EntryPoint">Specifier in the jail: <c>file:///src/…</c>, or remote.</param>
/// <param name="ImportMap">Specifier in the jail; null: discover, empty: none.</param>
/// <param name="LockFile">Specifier in the jail; null: discover, empty: none.</param>
/// <param name="CompilerOptions">JSON object; null: discover.</param>
/// <param name="ArtifactId">Set for a redeploy: built already, only the boot is to be tried.</param>
/// <param name="Environment">The tenant's variables: the project's, and over them its own.</param>
/// <param name="Net">Hosts it may reach: null is everything public, empty is nothing.</param>
/// <param name="Hosts">Full host names it gets on success, in order.</param>
public sealed record DeploymentPlan(
    DeploymentId Id,
    OrganizationId Organization,
    ProjectId Project,
    string ProjectName,
    AssetManifest Manifest,
    string EntryPoint,
    string? ImportMap,
    string? LockFile,
    string? CompilerOptions,
    string? ArtifactId,
    IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<string>? Net,
    IReadOnlyList<string> Hosts)
{
    /// <summary>Who builds it: only what this one writes about the deployment is taken.</summary>
    public string Builder { get; init; } = "";

    /// <summary>Ids of its KV databases by their names.</summary>
    public IReadOnlyDictionary<string, string> Databases { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether it may have crons.</summary>
    public bool EnableCron { get; init; }

    /// <summary>Blob of the artifact, where it is built already and nodes share it.</summary>
    public string? ArtifactSha256 { get; init; }
}
