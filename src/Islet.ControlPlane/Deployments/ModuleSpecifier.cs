using System.Text;
using Islet.ControlPlane.Assets;
using Islet.Contracts;

namespace Islet.ControlPlane.Deployments;

/// <summary>
/// What clients write for entry point, import map and lock file (an asset's path, with or without <c>./</c> or
/// <c>file:///src/</c>, or a remote specifier), and the one form that Deno in the jail is told.
/// </summary>
static class ModuleSpecifier
{
    const string Root = $"file://{JailPaths.Source}/";

    /// <summary>The path percent-encode set of the URL standard and the percent sign itself, as Deno encodes file names.</summary>
    const string Encoded = " \"#<>?`{}%^";

    public static Outcome<string> Resolve(string given, AssetTree tree, string field, params ReadOnlySpan<string> remoteSchemes)
    {
        if (given.Length is 0 or > DeploymentLimits.Specifier || given.Contains('\0', StringComparison.Ordinal))
            return Bad($"must have 1 to {DeploymentLimits.Specifier} characters");
        foreach (var scheme in remoteSchemes)
            if (given.StartsWith(scheme, StringComparison.Ordinal))
                return Uri.TryCreate(given, UriKind.Absolute, out var uri) && (scheme != "https:" || uri.Host.Length > 0)
                    ? given
                    : Bad("is not a URL");
        foreach (var path in Candidates(given))
            if (tree.IsFile(path))
                return Root + Encode(path);
        return Bad("names no file among the assets");

        Refusal Bad(string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
    }

    /// <summary>As written first, because asset keys are literal names, then as a URL reference.</summary>
    static IEnumerable<string> Candidates(string given)
    {
        var isUrl = given.StartsWith(Root, StringComparison.Ordinal);
        var relative = isUrl ? given[Root.Length..] : given;
        if (!isUrl && AssetPaths.Combine("", relative) is { } literal)
            yield return literal;
        var end = relative.AsSpan().IndexOfAny('?', '#');
        if (AssetPaths.Combine("", Uri.UnescapeDataString(end < 0 ? relative : relative[..end])) is { } decoded)
            yield return decoded;
    }

    static string Encode(string path)
    {
        var url = new StringBuilder(path.Length);
        foreach (var rune in path.EnumerateRunes())
            if (rune.Value > 0x20 && rune.Value < 0x7f && !Encoded.Contains((char)rune.Value, StringComparison.Ordinal))
                url.Append((char)rune.Value);
            else
                url.Append(Uri.EscapeDataString(rune.ToString()));
        return url.ToString();
    }
}
