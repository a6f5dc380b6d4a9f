namespace Islet.Contracts;

/// <summary>All that a slot is told at assignment. Equal specs start equal isolates.</summary>
/// <param name="Environment">The tenant's variables and the few of the platform; never a secret of the platform.</param>
/// <param name="Net">Hosts the program may reach: null is everything public, empty is nothing.</param>
public sealed record IsolateSpec(
    DeploymentId Deployment,
    ProjectId Project,
    OrganizationId Organization,
    Artifact Artifact,
    IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<string>? Net);
