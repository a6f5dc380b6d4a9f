using System.Text.Json;
using Islet.Contracts;

namespace Islet.ControlPlane.Builds;

/// <summary>What <c>deno info --json</c> says of a program: its modules, its npm packages, and what is wrong with them.</summary>
sealed class ModuleGraph
{
    const string SourcePrefix = "file://" + JailPaths.Source + "/";

    readonly Dictionary<string, JsonElement> modules = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> redirects = new(StringComparer.Ordinal);

    ModuleGraph(JsonElement root)
    {
        Roots = [.. root.GetProperty("roots").EnumerateArray().Select(item => item.GetString()!)];
        foreach (var module in root.GetProperty("modules").EnumerateArray())
            modules[module.GetProperty("specifier").GetString()!] = module;
        foreach (var redirect in root.GetProperty("redirects").EnumerateObject())
            redirects[redirect.Name] = redirect.Value.GetString()!;
        if (root.TryGetProperty("npmPackages", out var packages))
            NpmDirectories = [.. packages.EnumerateObject().Select(package => package.Value.GetProperty("localPath").GetString()!)];
    }

    public IReadOnlyList<string> Roots { get; }

    /// <summary>In-jail directories of the npm packages.</summary>
    public IReadOnlyList<string> NpmDirectories { get; } = [];

    public IEnumerable<string> Specifiers => modules.Where(module => !module.Value.TryGetProperty("error", out _)).Select(module => module.Key);

    /// <summary>Remote modules' URLs, those that only redirect included.</summary>
    public IEnumerable<Uri> RemoteUrls => modules.Keys.Concat(redirects.Keys).Concat(redirects.Values)
        .Where(specifier => specifier.StartsWith("http://", StringComparison.Ordinal) || specifier.StartsWith("https://", StringComparison.Ordinal))
        .Select(specifier => new Uri(specifier));

    /// <summary>Whether anything comes from outside of the deployment.</summary>
    public bool HasModulesFromOutside => modules.Keys.Any(specifier =>
        !specifier.StartsWith("file:", StringComparison.Ordinal)
        && !specifier.StartsWith("data:", StringComparison.Ordinal)
        && !specifier.StartsWith("node:", StringComparison.Ordinal));

    /// <exception cref="BuildFailure">Not the JSON that was expected.</exception>
    public static ModuleGraph Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return new(JsonDocument.Parse(json, new() { MaxDepth = 64 }).RootElement);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new BuildFailure($"The module graph could not be read: {exception.Message}");
        }
    }

    /// <summary>
    /// Follows what is loaded before the first line runs: static imports of code. A dynamic import or a type that
    /// cannot be had is the program's own business.
    /// </summary>
    /// <exception cref="BuildFailure">A module is missing, broken, or lies outside of the deployment.</exception>
    public void CheckStaticImports()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<(string Specifier, string? From)>(Roots.Select(root => (root, (string?)null)));
        while (waiting.TryDequeue(out var next))
        {
            var specifier = Redirected(next.Specifier);
            if (!seen.Add(specifier))
                continue;
            if (specifier.StartsWith("file:", StringComparison.Ordinal) && !specifier.StartsWith(SourcePrefix, StringComparison.Ordinal))
                throw new BuildFailure($"Module \"{specifier}\" lies outside of the deployment{At(next.From)}");
            if (!modules.TryGetValue(specifier, out var module))
                continue;
            if (module.TryGetProperty("error", out var error))
                throw new BuildFailure(error.GetString() + At(next.From));
            foreach (var import in StaticImports(module, specifier))
                waiting.Enqueue((import, specifier));
        }
    }

    static IEnumerable<string> StaticImports(JsonElement module, string from)
    {
        if (!module.TryGetProperty("dependencies", out var dependencies))
            yield break;
        foreach (var dependency in dependencies.EnumerateArray())
        {
            if (dependency.TryGetProperty("isDynamic", out var dynamic) && dynamic.GetBoolean())
                continue;
            if (!dependency.TryGetProperty("code", out var code))
                continue;
            if (code.TryGetProperty("error", out var error))
                throw new BuildFailure(error.GetString() + At(from));
            if (code.TryGetProperty("specifier", out var specifier))
                yield return specifier.GetString()!;
        }
    }

    string Redirected(string specifier)
    {
        for (var hops = 0; hops < 20 && redirects.TryGetValue(specifier, out var next); hops++)
            specifier = next;
        return specifier;
    }

    static string At(string? from) => from is null ? "" : $"\n    at {from}";
}
