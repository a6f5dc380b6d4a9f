namespace Islet.ControlPlane.Artifacts;

/// <summary>What a row says of its artifact.</summary>
/// <param name="Id">Directory under <c>artifacts/</c> of each node that has it.</param>
/// <param name="Sha256">Blob with all of it, for nodes that do not; null where there is one node.</param>
public sealed record BuiltArtifact(string Id, string? Sha256);
