using Islet.Contracts;

namespace Islet.Isolates.Starting;

/// <summary>The platform's modules that run before the program, by their place inside.</summary>
internal static class Preludes
{
    public const string ForAll = JailPaths.Platform + "/prelude.js";

    public const string ForNode = JailPaths.Platform + "/node.js";

    public const string ForKv = JailPaths.Platform + "/kv.js";

    // They ask their server for its address as soon as it listens. They load node:net anyway, so it costs them nothing.
    static readonly string[] Frameworks = ["fastify", "@fastify/middie", "express", "koa", "@hapi/hapi", "restify", "polka", "@nestjs/core", "@apollo/server"];

    public static IEnumerable<string> Of(IsolateSpec spec)
    {
        yield return ForAll;
        if (spec.Database is not null)
            yield return ForKv;
        var npm = Path.Combine(spec.Artifact.Directory, "deno", "npm");
        if (Directory.Exists(npm) && Directory.EnumerateDirectories(npm).Any(registry => Frameworks.Any(name => Directory.Exists(Path.Combine(registry, name)))))
            yield return ForNode;
    }
}
