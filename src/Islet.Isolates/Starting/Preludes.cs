using Islet.Contracts;

namespace Islet.Isolates.Starting;

/// <summary>The platform's modules that run before the program, by their place inside.</summary>
internal static class Preludes
{
    public const string ForAll = JailPaths.Platform + "/prelude.js";

    public const string ForNode = JailPaths.Platform + "/node.js";

    // They ask their server for its address as soon as it listens. They load node:net anyway, so it costs them nothing.
    static readonly string[] Frameworks = ["fastify", "@fastify/middie", "express", "koa", "@hapi/hapi", "restify", "polka", "@nestjs/core", "@apollo/server"];

    public static IEnumerable<string> Of(Artifact artifact)
    {
        yield return ForAll;
        var npm = Path.Combine(artifact.Directory, "deno", "npm");
        if (Directory.Exists(npm) && Directory.EnumerateDirectories(npm).Any(registry => Frameworks.Any(name => Directory.Exists(Path.Combine(registry, name)))))
            yield return ForNode;
    }
}
