using System.Text.Json;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// Which content an npm package has. Deno compares a package with the lock's integrity when it downloads it, and then
/// keeps it unpacked; so what the first download in a cache proved is remembered beside the cache, and a lock that says
/// otherwise later is refused like a download that does not match.
/// </summary>
sealed class ProvenPackages
{
    readonly Lock gate = new();

    /// <param name="path">Where this cache's proofs are kept; out of a builder's reach.</param>
    /// <exception cref="BuildFailure">The lock names another content for a package that is in the cache.</exception>
    public void Check(string path, byte[] lockFile)
    {
        var locked = Packages(lockFile);
        lock (gate)
        {
            var proven = File.Exists(path)
                ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(path))!
                : [];
            var before = proven.Count;
            foreach (var (package, integrity) in locked)
            {
                if (proven.TryGetValue(package, out var known) && known != integrity)
                    throw new BuildFailure($"Integrity check failed for npm:{package}: the lock file says {integrity}, the package is {known}");
                proven[package] = integrity;
            }
            if (proven.Count == before)
                return;
            File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(proven));
            File.Move(path + ".new", path, overwrite: true);
        }
    }

    static Dictionary<string, string> Packages(byte[] lockFile)
    {
        var packages = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(lockFile);
            var root = json.RootElement;
            if (!root.TryGetProperty("npm", out var npm) && !(root.TryGetProperty("packages", out var older) && older.TryGetProperty("npm", out npm)))
                return packages;
            foreach (var package in npm.EnumerateObject())
                if (package.Value.TryGetProperty("integrity", out var integrity) && integrity.GetString() is { } text)
                    packages[package.Name] = text;
            return packages;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new BuildFailure($"The lock file is not usable: {exception.Message}");
        }
    }
}
