using System.Security.Cryptography;
using System.Text;
using Islet.Contracts;
using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Builds;

namespace Islet.Tests.Builds;

public sealed class PackArtifactTests : IDisposable
{
    readonly string root = Directory.CreateTempSubdirectory("islet-pack-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Takes_from_the_cache_what_the_graph_needs_and_nothing_else()
    {
        Cached("npm/registry.example/ms/2.1.3/index.js");
        Cached("npm/registry.example/other/1.0.0/index.js");
        Cached(Remote("modules.example", "/mod.ts"));
        Cached(Remote("modules.example", "/unused.ts"));
        Cached(Remote("jsr.example", "/@a/b/meta.json"));
        Cached(Remote("jsr.example", "/@a/b/1.2.3_meta.json"));
        Cached(Remote("jsr.example", "/@a/b/1.2.3/mod.ts"));
        Cached(Remote("maps.example", "/map.json?v=1"));

        Pack("""{ "specifier": "https://modules.example/mod.ts" }, { "specifier": "https://jsr.example/@a/b/1.2.3/mod.ts" }""", "/deno/npm/registry.example/ms/2.1.3")
            .ShouldBe(
            [
                "deno.lock",
                "npm/registry.example/ms/2.1.3/index.js",
                .. new[]
                {
                    Remote("modules.example", "/mod.ts"), Remote("jsr.example", "/@a/b/meta.json"), Remote("jsr.example", "/@a/b/1.2.3_meta.json"),
                    Remote("jsr.example", "/@a/b/1.2.3/mod.ts"), Remote("maps.example", "/map.json?v=1"),
                },
            ], ignoreOrder: true);
    }

    [Fact]
    public void A_link_in_the_cache_is_not_followed()
    {
        var secret = Path.Combine(root, "secret");
        File.WriteAllText(secret, "secret");
        Cached("npm/registry.example/ms/2.1.3/index.js");
        File.CreateSymbolicLink(Path.Combine(root, "cache/npm/registry.example/ms/2.1.3/leak"), secret);
        Directory.CreateSymbolicLink(Path.Combine(root, "cache/npm/registry.example/ms/2.1.3/tree"), root);

        Pack("""{ "specifier": "file:///src/main.ts" }""", "/deno/npm/registry.example/ms/2.1.3")
            .ShouldBe(["deno.lock", "npm/registry.example/ms/2.1.3/index.js"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("/deno/npm/../../etc")]
    [InlineData("/deno/remote/x")]
    public void A_package_directory_elsewhere_fails_the_build(string directory) =>
        Should.Throw<BuildFailure>(() => Pack("""{ "specifier": "file:///src/main.ts" }""", directory));

    string[] Pack(string modules, string package)
    {
        var directory = Directory.CreateDirectory(Path.Combine(root, "artifact")).FullName;
        var graph = ModuleGraph.Parse(Encoding.UTF8.GetBytes(
            $$"""{ "roots": [], "modules": [{{modules}}], "redirects": {}, "npmPackages": { "p": { "localPath": "{{package}}" } } }"""));
        PackArtifact.Complete(
            directory, new(ArtifactKind.Graph, "file:///src/main.ts", [], new Dictionary<string, string>(StringComparer.Ordinal)),
            new(["--import-map=https://maps.example/map.json?v=1"], null, null), new(graph, "{}"u8.ToArray()), Path.Combine(root, "cache"));
        var deno = Path.Combine(directory, "deno");
        return [.. Directory.GetFiles(deno, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(deno, file))];
    }

    static string Remote(string host, string path) =>
        $"remote/https/{host}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))}";

    void Cached(string path)
    {
        var full = Path.Combine(root, "cache", path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, path);
    }
}
