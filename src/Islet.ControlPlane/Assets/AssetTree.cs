using Islet.Contracts;

namespace Islet.ControlPlane.Assets;

/// <summary>
/// The names of a deployment before anything is stored: checked paths, no name both file and directory, links that
/// end at a file or directory inside. Directories are implied by the paths under them.
/// </summary>
sealed class AssetTree
{
    const string Field = "assets";

    readonly Dictionary<string, NewAsset> assets;

    /// <summary>Paths with NUL for the slash, in ordinal order: what is under a directory follows it without a gap.</summary>
    readonly string[] sorted;

    /// <summary>Answers of <see cref="FindTarget"/>: long chains would ask for each link many times.</summary>
    readonly Dictionary<string, string?> targets = new(StringComparer.Ordinal);

    AssetTree(Dictionary<string, NewAsset> assets)
    {
        this.assets = assets;
        sorted = [.. assets.Keys.Select(SortKey)];
        Array.Sort(sorted, StringComparer.Ordinal);
    }

    /// <summary>Link → relative text for <c>symlink(2)</c>.</summary>
    public Dictionary<string, string> LinkTexts { get; } = new(StringComparer.Ordinal);

    public static Outcome<AssetTree> Plan(IReadOnlyList<NewAsset> given)
    {
        if (given.Count > AssetLimits.Files)
            return new Refusal(RefusalCode.BadRequest, $"assets must not have more than {AssetLimits.Files} entries", Field);
        var byPath = new Dictionary<string, NewAsset>(given.Count, StringComparer.Ordinal);
        foreach (var asset in given)
        {
            if (AssetPaths.Problem(asset.Path) is { } problem)
                return Bad(asset.Path, $"is not a possible path: it {problem}");
            if (!byPath.TryAdd(asset.Path, asset))
                return Bad(asset.Path, "is given twice");
        }
        var tree = new AssetTree(byPath);
        if (tree.FindClash() is { } clash)
            return Bad(clash, "is given as a file or link and as a directory");
        foreach (var asset in byPath.Values)
            if (asset.LinkTarget is not null && tree.Link(asset) is { } refusal)
                return refusal;
        return tree;
    }

    /// <summary>Whether this path is a file, perhaps through links.</summary>
    public bool IsFile(string path) => End(path, out var end) && assets.ContainsKey(end);

    string? FindClash()
    {
        for (var index = 1; index < sorted.Length; index++)
        {
            var (above, below) = (sorted[index - 1], sorted[index]);
            if (below.Length > above.Length && below[above.Length] == '\0' && below.StartsWith(above, StringComparison.Ordinal))
                return above.Replace('\0', '/');
        }
        return null;
    }

    Refusal? Link(NewAsset asset)
    {
        var directory = AssetPaths.DirectoryOf(asset.Path);
        var given = asset.LinkTarget!;
        if (given.Length == 0 || given.Length > AssetLimits.PathBytes || given.AsSpan().ContainsAny('\0', '\\'))
            return Bad(asset.Path, $"must have 1 to {AssetLimits.PathBytes} characters, neither NUL nor backslash", "target");
        if (TargetOf(asset) is not { } target)
            return AssetPaths.Combine("", given) is null && AssetPaths.Combine(directory, given) is null
                ? Bad(asset.Path, "leads out of the deployment", "target")
                : Bad(asset.Path, "names no asset", "target");
        if (!End(asset.Path, out var end))
            return Bad(asset.Path, "leads in a circle or through too many links", "target");
        if (end.Length == 0 || asset.Path.StartsWith(end + "/", StringComparison.Ordinal))
            return Bad(asset.Path, "leads to a directory that contains the link", "target");
        LinkTexts[asset.Path] = AssetPaths.Relative(directory, target);
        return null;
    }

    /// <summary>A target is tried from the root first, as clients that upload whole trees send it, then from the link's directory.</summary>
    string? TargetOf(NewAsset link)
    {
        if (!targets.TryGetValue(link.Path, out var target))
            targets.Add(link.Path, target = FindTarget(link));
        return target;
    }

    string? FindTarget(NewAsset link)
    {
        foreach (var directory in (ReadOnlySpan<string>)["", AssetPaths.DirectoryOf(link.Path)])
            if (AssetPaths.Combine(directory, link.LinkTarget!) is { } path && Exists(path))
                return path;
        return null;
    }

    bool Exists(string path) => path.Length == 0 || assets.ContainsKey(path) || IsDirectory(path);

    bool IsDirectory(string path)
    {
        var start = SortKey(path) + '\0';
        var index = Array.BinarySearch(sorted, start, StringComparer.Ordinal);
        index = index < 0 ? ~index : index;
        return index < sorted.Length && sorted[index].StartsWith(start, StringComparison.Ordinal);
    }

    /// <summary>Follows links to a file, a directory or a name that is not there; false when it does not end.</summary>
    bool End(string path, out string end)
    {
        end = path;
        for (var hop = 0; hop <= AssetLimits.LinkChain; hop++)
        {
            if (!assets.TryGetValue(end, out var asset) || asset.LinkTarget is null)
                return true;
            if (TargetOf(asset) is not { } target)
                return true;
            end = target;
        }
        return false;
    }

    static string SortKey(string path) => path.Replace('/', '\0');

    static Refusal Bad(string path, string problem, string? member = null)
    {
        var field = FieldPath.Entry(Field, path);
        if (member is not null)
            field = FieldPath.Member(field, member);
        return new(RefusalCode.BadRequest, $"{field} {problem}", field);
    }
}
