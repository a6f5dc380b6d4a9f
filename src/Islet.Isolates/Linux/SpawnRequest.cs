using Microsoft.Win32.SafeHandles;

namespace Islet.Isolates.Linux;

/// <summary>One process to start: nothing is inherited but what is listed here.</summary>
/// <param name="Arguments">The first is the absolute path of the program.</param>
/// <param name="Files">Files opened in the child at fixed descriptors (3 and up, without a gap).</param>
/// <param name="Memory">Bytes readable in the child at the descriptor after <paramref name="Files"/>; null: none.</param>
internal sealed record SpawnRequest(
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string? WorkingDirectory,
    IReadOnlyList<SpawnFile> Files,
    byte[]? Memory)
{
    /// <summary>Network namespace that the child starts in; null: this process's own.</summary>
    public SafeFileHandle? Network { get; init; }

    /// <summary>Descriptors of ours that the child gets at the places after <see cref="Memory"/>.</summary>
    public IReadOnlyList<int> Descriptors { get; init; } = [];

    /// <summary>The child writes where this process does, instead of into pipes of its own.</summary>
    public bool SharesOutput { get; init; }
}

internal readonly record struct SpawnFile(string Path, bool Write);
