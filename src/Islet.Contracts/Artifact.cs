namespace Islet.Contracts;

/// <summary>How an artifact is started. Graph: source tree and module cache, run by a native slot.</summary>
public enum ArtifactKind
{
    Graph,
}

/// <summary>
/// A built deployment on this node: immutable once its directory has its final name.
/// <para>Layout: <c>src/</c> is the tree that appears at <see cref="JailPaths.Source"/> (files and relative symlinks);
/// <c>deno/</c> is what appears in <see cref="JailPaths.DenoDir"/>: its subdirectories <c>npm/</c> and <c>remote/</c>
/// (absent when the program needs none) are read-only module caches, its plain files (lock, configuration, code
/// caches) are small and are copied.</para>
/// </summary>
/// <param name="Directory">Absolute host path.</param>
/// <param name="EntryPoint">In-jail specifier of the main module, such as <c>file:///src/main.ts</c>.</param>
/// <param name="RunFlags">Flags of <c>deno run</c> the build decided on: configuration, lock, import map.</param>
/// <param name="Environment">Variables under which its modules are found again: which registries they came from.</param>
public sealed record Artifact(
    ArtifactKind Kind,
    string Directory,
    string EntryPoint,
    IReadOnlyList<string> RunFlags,
    IReadOnlyDictionary<string, string> Environment);
