using System.Text.Json;
using Islet.ControlPlane.Deployments;
using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Artifacts;

/// <summary>
/// Built artifacts of this node: <c>&lt;data&gt;/artifacts/&lt;id&gt;/</c>, immutable once the directory has that name.
/// <c>artifact.json</c> in it says how to run it.
/// </summary>
public sealed class ArtifactStore(IOptions<ControlPlaneOptions> options)
{
    /// <summary>File in the artifact's directory with its <see cref="ArtifactDescription"/>.</summary>
    public const string DescriptionFile = "artifact.json";

    public string Root { get; } = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "artifacts");

    public string DirectoryOf(string artifactId) => Path.Combine(Root, artifactId);

    public bool Exists(string artifactId) => Directory.Exists(DirectoryOf(artifactId));

    /// <summary>Ids of all artifacts here, in no order.</summary>
    internal IEnumerable<string> List() => Directory.Exists(Root)
        ? Directory.EnumerateDirectories(Root).Select(path => Path.GetFileName(path)!).Where(name => DeploymentIds.IsOne(name))
        : [];

    /// <summary>Removes an artifact that no row names. Isolates that run it go on; what they have not read yet is gone.</summary>
    internal void Remove(string artifactId)
    {
        if (Exists(artifactId))
            Directory.Delete(DirectoryOf(artifactId), recursive: true);
    }

    /// <summary>Null when this node does not have it.</summary>
    public async ValueTask<Artifact?> ReadAsync(string artifactId, CancellationToken cancellation)
    {
        var directory = DirectoryOf(artifactId);
        try
        {
            await using var file = File.OpenRead(Path.Combine(directory, DescriptionFile));
            var description = await JsonSerializer.DeserializeAsync<ArtifactDescription>(file, JsonSerializerOptions.Web, cancellation);
            return description is null ? null : description.In(directory);
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}

/// <summary>Content of <c>artifact.json</c>: an <see cref="Artifact"/> without its place. Camel case members, kind as a number.</summary>
public sealed record ArtifactDescription(
    ArtifactKind Kind, string EntryPoint, IReadOnlyList<string> RunFlags, IReadOnlyDictionary<string, string> Environment)
{
    public Artifact In(string directory) => new(Kind, directory, EntryPoint, RunFlags, Environment);
}
