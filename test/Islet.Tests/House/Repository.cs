using System.Runtime.CompilerServices;

namespace Islet.Tests.House;

/// <summary>The source tree this test was compiled from.</summary>
static class Repository
{
    static readonly string[] NotSources = [".git", "artifacts", "node_modules", ".tools", ".islet", ".vs", ".idea", "bin", "obj"];

    public static string Root { get; } = Find(Here());

    /// <summary>Every file that is, or would be, committed; paths relative to the root, with slashes.</summary>
    public static IEnumerable<string> Files(string under = "")
    {
        var pending = new Stack<DirectoryInfo>([new DirectoryInfo(Path.Combine(Root, under))]);
        while (pending.TryPop(out var directory))
        {
            if (!directory.Exists)
                continue;
            foreach (var file in directory.EnumerateFiles())
                yield return Path.GetRelativePath(Root, file.FullName).Replace('\\', '/');
            foreach (var inner in directory.EnumerateDirectories())
            {
                if (!NotSources.Contains(inner.Name, StringComparer.Ordinal) && inner.LinkTarget is null)
                    pending.Push(inner);
            }
        }
    }

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static bool Has(string path) => Path.Exists(Path.Combine(Root, path));

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    static string Find(string directory) =>
        File.Exists(Path.Combine(directory, "Islet.slnx"))
            ? directory
            : Find(Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Islet.slnx is nowhere above this file."));
}
