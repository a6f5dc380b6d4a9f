using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;

namespace Islet.ControlPlane.Assets;

/// <summary>One name in a deployment's tree: a file or a symbolic link.</summary>
/// <param name="Sha256">Blob of a file; null for a link.</param>
/// <param name="Size">Bytes of a file.</param>
/// <param name="LinkTarget">
/// Text of a link, ready for <c>symlink(2)</c>: relative to the link's own directory, checked to stay inside the tree.
/// </param>
public readonly record struct AssetEntry(string? Sha256, long Size, string? LinkTarget);

/// <summary>
/// The tree of a deployment: path relative to its root → file or link. Every path was checked when the manifest was
/// made, directories are implied, and no path leads through a link.
/// </summary>
public sealed class AssetManifest(IReadOnlyDictionary<string, AssetEntry> entries)
{
    public IReadOnlyDictionary<string, AssetEntry> Entries { get; } = entries;

    /// <summary>Gives the stored form; equal trees give equal bytes, whatever the order they were sent in.</summary>
    internal StoredManifest Store()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            Write(json);
        var content = buffer.ToArray();
        return new() { Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)), Content = content };
    }

    internal static AssetManifest Load(StoredManifest stored)
    {
        using var json = JsonDocument.Parse(stored.Content);
        var entries = new Dictionary<string, AssetEntry>(json.RootElement.GetPropertyCount(), StringComparer.Ordinal);
        foreach (var member in json.RootElement.EnumerateObject())
            entries.Add(member.Name, member.Value.TryGetProperty("link", out var link)
                ? new(null, 0, link.GetString())
                : new(member.Value.GetProperty("sha256").GetString(), member.Value.GetProperty("size").GetInt64(), null));
        return new(entries.ToFrozenDictionary(StringComparer.Ordinal));
    }

    void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (path, entry) in Entries.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(path);
            if (entry.LinkTarget is { } target)
            {
                json.WriteString("link", target);
            }
            else
            {
                json.WriteString("sha256", entry.Sha256);
                json.WriteNumber("size", entry.Size);
            }
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
