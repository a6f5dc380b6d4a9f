using Islet.Api.Wire;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;

namespace Islet.Api.DenoDeploy;

/// <summary>CreateDeploymentRequest and RedeployRequest to what the control plane wants. Only forms are checked here.</summary>
static class DeploymentRequests
{
    public static NewDeployment ReadCreate(WireObject body) => new(
        body.Required("entryPointUrl").Text(),
        body.Required("assets").Entries().ConvertAll(entry => ReadAsset(entry.Key, entry.Value.Object())),
        Texts(body.Required("envVars")))
    {
        ImportMap = body.Optional("importMapUrl")?.Text(),
        LockFile = body.Optional("lockFileUrl")?.Text(),
        CompilerOptions = body.Optional("compilerOptions") is { } options ? CompilerOptionsWire.Read(options.Object()) : null,
        Domains = body.Optional("domains")?.Items().ConvertAll(item => item.Text()),
        Databases = body.Optional("databases") is { } databases ? Texts(databases) : new(StringComparer.Ordinal),
        RequestTimeout = body.Optional("requestTimeout")?.Integer(),
        Net = ReadNet(body),
        Description = body.Optional("description")?.Text(),
        EnableCron = body.Optional("enableCron")?.Flag() ?? false,
    };

    public static DeploymentChanges ReadRedeploy(WireObject body) => new()
    {
        // the published clients send the old name
        Environment = (body.Optional("envVars") ?? body.Optional("env_vars")) is { } variables ? TextsOrNulls(variables) : null,
        Databases = body.Optional("databases") is { } databases ? TextsOrNulls(databases) : null,
        RequestTimeout = body.Optional("requestTimeout")?.Integer(),
        Net = ReadNet(body),
        Description = body.Optional("description")?.Text(),
    };

    /// <summary>Without a kind, as older clients send it, the members tell.</summary>
    static NewAsset ReadAsset(string path, WireObject asset)
    {
        var (content, hash, target) = (asset.Optional("content"), asset.Optional("gitSha1"), asset.Optional("target"));
        var kind = asset.Optional("kind");
        switch (kind?.Text() ?? (target is null ? "file" : "symlink"))
        {
            case "file" when content is not null:
                return new(path, content.Content(IsBase64(asset)), hash is null ? null : ReadHash(hash), LinkTarget: null);
            case "file" when hash is not null:
                return new(path, Content: null, ReadHash(hash), LinkTarget: null);
            case "file":
                throw asset.Bad("must have content or gitSha1");
            case "symlink":
                return new(path, Content: null, GitSha1: null, asset.Required("target").Text());
            default:
                throw kind!.Bad("must be \"file\" or \"symlink\"");
        }
    }

    static bool IsBase64(WireObject asset)
    {
        var encoding = asset.Optional("encoding");
        return encoding?.Text() switch
        {
            null or "utf-8" => false,
            "base64" => true,
            _ => throw encoding!.Bad("must be \"utf-8\" or \"base64\""),
        };
    }

    internal static string ReadHash(WireValue value)
    {
        var hash = value.Text().ToLowerInvariant();
        return hash.Length == 40 && hash.All(char.IsAsciiHexDigitLower) ? hash : throw value.Bad("must be 40 hexadecimal digits");
    }

    static List<string>? ReadNet(WireObject body) =>
        body.Optional("permissions")?.Object().Optional("net")?.Items().ConvertAll(item => item.Text());

    static Dictionary<string, string> Texts(WireValue map) =>
        map.Entries().ToDictionary(entry => entry.Key, entry => entry.Value.Text(), StringComparer.Ordinal);

    static Dictionary<string, string?> TextsOrNulls(WireValue map) =>
        map.Entries().ToDictionary(entry => entry.Key, entry => entry.Value.IsNull ? null : entry.Value.Text(), StringComparer.Ordinal);
}
