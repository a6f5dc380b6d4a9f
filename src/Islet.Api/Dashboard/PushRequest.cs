using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;
using Islet.Contracts;

namespace Islet.Api.Dashboard;

/// <summary>
/// What deployctl sends: <c>request</c>, <c>{ "url", "importMapUrl", "production", "manifest" }</c>, and files without
/// names, in no promised order, which their git hashes tell apart.
/// </summary>
static class PushRequest
{
    public static NewDeployment Read(IReadOnlyList<FormPart> parts)
    {
        if (parts is not [{ Name: "request" } first, ..])
            throw new WireException("request", "must be the first part of the form");
        if (first.Content.Length > BodyReader.Manifest)
            throw new WireException("request", $"must not be larger than {BodyReader.Manifest} bytes");
        var wanted = JsonTree.Parse(first.Content, BodyReader.ManifestDepth).Object();
        var (url, importMap) = (wanted.Required("url").Text(), wanted.Optional("importMapUrl")?.Text());
        var production = wanted.Optional("production")?.Flag() ?? false;
        var manifest = wanted.Optional("manifest") is { } given ? ReadManifest(given) : [];
        return new(url, WithContents(manifest, parts), new Dictionary<string, string>(StringComparer.Ordinal)) { ImportMap = importMap, Production = production };
    }

    /// <summary>Files, by hash only, and links of a tree.</summary>
    public static List<NewAsset> ReadManifest(WireValue manifest)
    {
        var assets = new List<NewAsset>();
        Add(assets, "", manifest.Object().Required("entries"));
        return assets;
    }

    /// <param name="directory">With a slash at its end; empty at the root.</param>
    static void Add(List<NewAsset> assets, string directory, WireValue entries)
    {
        foreach (var (name, value) in entries.Entries())
        {
            var (path, entry) = (directory + name, value.Object());
            if (path.Length > AssetLimits.PathBytes)
                throw value.Bad($"must not have a path longer than {AssetLimits.PathBytes} bytes");
            if (assets.Count == AssetLimits.Files)
                throw entries.Bad($"must not have more than {AssetLimits.Files} files, with the rest of the tree");
            var kind = entry.Required("kind");
            switch (kind.Text())
            {
                case "file":
                    assets.Add(new(path, Content: null, DeploymentRequests.ReadHash(entry.Required("gitSha1")), LinkTarget: null));
                    break;
                case "symlink":
                    assets.Add(new(path, Content: null, GitSha1: null, FromRoot(directory, entry.Required("target").Text())));
                    break;
                case "directory":
                    Add(assets, path + "/", entry.Required("entries"));
                    break;
                default:
                    throw kind.Bad("must be \"file\", \"directory\" or \"symlink\"");
            }
        }
    }

    /// <summary>
    /// A link's text as the file system has it is relative to its own directory, where version 1 begins at the root. What
    /// leads out of the tree stays as it is, to be refused.
    /// </summary>
    static string FromRoot(string directory, string target)
    {
        if (target.Length is 0 or > AssetLimits.PathBytes || target[0] == '/')
            return target;
        var segments = new List<string>();
        foreach (var segment in (directory + target).Split('/'))
        {
            if (segment is "" or ".")
                continue;
            if (segment != "..")
                segments.Add(segment);
            else if (segments.Count > 0)
                segments.RemoveAt(segments.Count - 1);
            else
                return target;
        }
        return segments.Count == 0 ? target : string.Join('/', segments);
    }

    static List<NewAsset> WithContents(List<NewAsset> manifest, IReadOnlyList<FormPart> parts)
    {
        var wanted = manifest.Select(asset => asset.GitSha1).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var contents = new Dictionary<string, AssetContent>(StringComparer.Ordinal);
        for (var index = 1; index < parts.Count; index++)
        {
            if (parts[index].Name != "file")
                throw new WireException(parts[index].Name, "is no part of this form: there is request, then file");
            var hash = GitSha1(parts[index].Content.Span);
            if (!wanted.Contains(hash))
                throw new WireException($"file[{index - 1}]", $"is no file of the manifest: its git hash is {hash}. Has it changed meanwhile?");
            contents[hash] = new PartContent(parts[index].Content);
        }
        return manifest.ConvertAll(asset => asset.GitSha1 is { } hash && contents.TryGetValue(hash, out var content) ? asset with { Content = content } : asset);
    }

    static string GitSha1(ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    sealed class PartContent(ReadOnlyMemory<byte> bytes) : AssetContent
    {
        public override long Length => bytes.Length;

        public override void CopyTo(Stream destination) => destination.Write(bytes.Span);
    }
}
