using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Deployments;
using Islet.Contracts;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// Which configuration, import map and lock a deployment runs with: what the request names, else what is found beside
/// the entry point as the Deno CLI finds it. The three are decided independently.
/// </summary>
/// <param name="ConfigFlags">Flags of <c>deno</c>, with <see cref="ConfigFile"/>'s in-jail directory still open.</param>
/// <param name="ConfigFile">A configuration made from the discovered one, when the request overrides a part of it.</param>
/// <param name="UserLock">The user's lock file, to start from; null: none.</param>
sealed record BuildSettings(IReadOnlyList<string> ConfigFlags, byte[]? ConfigFile, byte[]? UserLock)
{
    const string ImportMapFlag = "--import-map=";
    const string Root = "file://" + JailPaths.Source + "/";
    static readonly JsonDocumentOptions Lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 32,
    };

    /// <summary>Remote files that are not modules: an import map that is a URL.</summary>
    public IEnumerable<Uri> RemoteFiles => ConfigFlags
        .Where(flag => flag.StartsWith(ImportMapFlag + "https:", StringComparison.Ordinal))
        .Select(flag => new Uri(flag[ImportMapFlag.Length..]));

    /// <summary>Flags, when a made configuration lies in the given in-jail directory.</summary>
    public IEnumerable<string> Flags(string configDirectory) => ConfigFile is null
        ? ConfigFlags
        : ConfigFlags.Append($"--config={configDirectory}/{MadeConfig}");

    public const string MadeConfig = "config.json";

    /// <summary>Reads the settings of a laid out tree.</summary>
    /// <exception cref="BuildFailure">A configuration file is not valid JSON, or names something impossible.</exception>
    public static BuildSettings Read(DeploymentPlan plan, SourceTree sources)
    {
        var found = DiscoverConfig(plan.EntryPoint, sources);
        var config = found is null ? null : Parse(found, sources);
        var flags = new List<string>();

        if (plan.ImportMap is { Length: > 0 } map)
            flags.Add(ImportMapFlag + map);
        var made = Override(plan, found, config);
        if (made is null)
        {
            if (found is not null)
                flags.Add($"--config={JailPaths.Source}/{found}");
            else if (!sources.Exists("package.json"))
                flags.Add("--no-config");
        }
        return new(flags, made, ReadLock(plan, found, config, sources));
    }

    /// <summary>deno.json, then deno.jsonc, from the entry point's directory up to the root.</summary>
    static string? DiscoverConfig(string entryPoint, SourceTree sources)
    {
        var entry = entryPoint.StartsWith(Root, StringComparison.Ordinal) ? Uri.UnescapeDataString(entryPoint[Root.Length..]) : "";
        for (var directory = Parent(entry); ; directory = Parent(directory.TrimEnd('/')))
        {
            foreach (var name in (string[])["deno.json", "deno.jsonc"])
                if (sources.Exists(directory + name))
                    return directory + name;
            if (directory.Length == 0)
                return null;
        }
    }

    static JsonObject Parse(string path, SourceTree sources)
    {
        try
        {
            return JsonNode.Parse(sources.Read(path), documentOptions: Lenient) as JsonObject
                ?? throw new BuildFailure($"{path} is not a JSON object");
        }
        catch (JsonException exception)
        {
            throw new BuildFailure($"{path} is not valid JSON: {exception.Message}");
        }
    }

    /// <summary>
    /// Null when the discovered file can be used as it lies. A made file lies elsewhere, so that relative addresses in
    /// it become absolute ones.
    /// </summary>
    static byte[]? Override(DeploymentPlan plan, string? found, JsonObject? config)
    {
        var noMap = plan.ImportMap is "" && config is not null && (config.ContainsKey("imports") || config.ContainsKey("importMap"));
        if (plan.CompilerOptions is null && !noMap)
            return null;

        var made = config is null ? [] : (JsonObject)config.DeepClone();
        foreach (var member in (string[])["workspace", "lock", "links", "patch"])
            made.Remove(member);
        if (plan.CompilerOptions is { } options)
            made["compilerOptions"] = JsonNode.Parse(options);
        if (plan.ImportMap is not null)
            foreach (var member in (string[])["imports", "scopes", "importMap"])
                made.Remove(member);

        var location = new Uri(Root + (found is null ? "" : Uri.EscapeDataString(found).Replace("%2F", "/", StringComparison.Ordinal)));
        if (made["importMap"] is JsonValue map)
            made["importMap"] = Absolute(map.ToString(), location);
        if (made["imports"] is JsonObject imports)
            made["imports"] = Absolute(imports, location);
        if (made["scopes"] is JsonObject scopes)
            made["scopes"] = new JsonObject(scopes.Select(scope => KeyValuePair.Create(
                Absolute(scope.Key, location), (JsonNode?)(scope.Value is JsonObject inner ? Absolute(inner, location) : null))));
        return Encoding.UTF8.GetBytes(made.ToJsonString());
    }

    static JsonObject Absolute(JsonObject imports, Uri location) => new(imports.Select(import => KeyValuePair.Create(
        Absolute(import.Key, location),
        import.Value is JsonValue address ? JsonValue.Create(Absolute(address.ToString(), location)) : (JsonNode?)null)));

    static string Absolute(string address, Uri location) =>
        address.StartsWith("./", StringComparison.Ordinal) || address.StartsWith("../", StringComparison.Ordinal) || address.StartsWith('/')
            ? new Uri(location, address).AbsoluteUri
            : address;

    static byte[]? ReadLock(DeploymentPlan plan, string? found, JsonObject? config, SourceTree sources)
    {
        if (plan.LockFile is { } named)
            return named.Length == 0 ? null : sources.Read(Uri.UnescapeDataString(named[Root.Length..]));

        var chosen = config?["lock"] is JsonObject detailed ? detailed["path"] : config?["lock"];
        if (chosen?.GetValueKind() == JsonValueKind.False)
            return null;
        var path = Parent(found ?? "") + (chosen?.GetValueKind() == JsonValueKind.String ? chosen.GetValue<string>() : "deno.lock");
        path = new Uri(new Uri(Root), path).AbsoluteUri;
        if (!path.StartsWith(Root, StringComparison.Ordinal))
            throw new BuildFailure($"The lock file {path} lies outside of the deployment");
        path = Uri.UnescapeDataString(path[Root.Length..]);
        return sources.Exists(path) ? sources.Read(path)
            : chosen?.GetValueKind() == JsonValueKind.String ? throw new BuildFailure($"The lock file {path} named in {found} is missing")
            : null;
    }

    /// <summary>Directory of a path, with its slash; empty for the root.</summary>
    static string Parent(string path) => path[..(path.LastIndexOf('/') + 1)];
}
