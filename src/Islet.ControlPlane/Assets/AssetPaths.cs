using System.Text;

namespace Islet.ControlPlane.Assets;

/// <summary>The rule for asset paths, and arithmetic on paths that keep it.</summary>
static class AssetPaths
{
    /// <summary>Gives what is wrong with the path, or null.</summary>
    public static string? Problem(string path)
    {
        if (path.Length == 0)
            return "must not be empty";
        if (path[0] == '/')
            return "must be relative to the deployment's root";
        if (path.AsSpan().ContainsAny('\0', '\\'))
            return "must not contain NUL or backslash";
        if (Encoding.UTF8.GetByteCount(path) > AssetLimits.PathBytes)
            return $"must not be longer than {AssetLimits.PathBytes} bytes";
        foreach (var range in path.AsSpan().Split('/'))
        {
            var segment = path.AsSpan(range);
            if (segment is "" or "." or "..")
                return "must not contain empty, \".\" or \"..\" segments";
            if (Encoding.UTF8.GetByteCount(segment) > AssetLimits.SegmentBytes)
                return $"must not contain a segment longer than {AssetLimits.SegmentBytes} bytes";
        }
        return null;
    }

    /// <summary>Empty for a path at the root.</summary>
    public static string DirectoryOf(string path) => path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : "";

    /// <summary>Follows a relative path from a directory by its text; null when it leaves the root, empty for the root itself.</summary>
    public static string? Combine(string directory, string relative)
    {
        if (relative.StartsWith('/'))
            return null;
        var segments = new List<string>(directory.Length == 0 ? [] : directory.Split('/'));
        foreach (var segment in relative.Split('/'))
        {
            if (segment is "" or ".")
                continue;
            if (segment != "..")
                segments.Add(segment);
            else if (segments.Count > 0)
                segments.RemoveAt(segments.Count - 1);
            else
                return null;
        }
        return string.Join('/', segments);
    }

    /// <summary>The way from a directory to a path of the same tree.</summary>
    public static string Relative(string directory, string path)
    {
        string[] from = directory.Length == 0 ? [] : directory.Split('/');
        var to = path.Split('/');
        var shared = 0;
        while (shared < from.Length && shared < to.Length && from[shared] == to[shared])
            shared++;
        return string.Join('/', Enumerable.Repeat("..", from.Length - shared).Concat(to[shared..]));
    }
}
