using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Islet.Api.OpenApi;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Secrets;
using static Islet.Api.OpenApi.Schemas;

namespace Islet.Api.Islet;

/// <summary>What the document of our own dialect says beside its operations and the types of its answers.</summary>
static partial class IsletDescription
{
    public static readonly ApiDescription All = new(
        Title: "Islet API, version 1",
        Text: "What the Deno Deploy API never had. Tokens and ids are the same.",
        Version: "1.0.0",
        Error: "FieldError",
        Tags:
        [
            ("deployment", "Deployments: their logs and what they connect to"), ("organization", "Organizations and their limits"),
            ("other", "What has no description of its own"), ("project", "Projects: limits and secrets"),
        ],
        Components: new Dictionary<string, Func<JsonObject>>(StringComparer.Ordinal)
        {
            ["FieldError"] = () => Object(("code", Text()), ("message", Text()), ("field?", Text().Says("The member that is wrong"))),
            ["LogLevel"] = () => OneOf("error", "warning", "info", "debug"),
            ["Region"] = () => OneOf(Regions.All.Order(StringComparer.Ordinal)),
            ["CursorLinkHeader"] = () => Text().Says("The next part, as of RFC 8288: next"),
            ["AppLogEntry"] = () => Object(
                ("time", Time()), ("level", Ref("LogLevel")), ("message", Text()), ("region", Ref("Region")),
                ("trace", Text().Nullable().Says("Trace of the request it was written in")), ("span", Text().Nullable())),
            ["EgressRecord"] = () => Object(
                ("time", Time()), ("verdict", OneOf("allowed", "refused", "closed")), ("destination", Text()), ("host", Text().Nullable()),
                ("rule", Text()), ("sentBytes", Integer("int64")), ("receivedBytes", Integer("int64"))),
            ["Secret"] = () => new SchemaOfType(new Dictionary<string, JsonObject>(StringComparer.Ordinal)).Of(typeof(SecretView)),
            ["PutSecretRequest"] = () => Object(
                ("value", Text()), ("hosts", List(Text())), ("tls?", Flag().Nullable().Default(true).Says("Whether TLS to these hosts is looked into"))),
            ["OrganizationLimitChanges"] = () => Changes(LimitSettings.NamesOfOrganization),
            ["ProjectLimitChanges"] = () => Changes(LimitSettings.NamesOfProject),
        },
        Parameters: new Dictionary<string, (Func<JsonObject>, string)>(StringComparer.Ordinal)
        {
            ["organizationId"] = (Uuid, "Id of an organization"),
            ["projectId"] = (() => Text(), "Id of a project; its name is taken too"),
            ["deploymentId"] = (() => Text(), "Id of a deployment"),
            ["name"] = (() => Text(), "Name of a secret"),
        })
    {
        Undescribed = static (method, path) => new ApiOperation(
            $"{method}{NotWord().Replace(path, "_")}".ToLowerInvariant().TrimEnd('_'), "other", $"{method} {path}").Answers<object>(),
    };

    static JsonObject Changes(IReadOnlyList<string> names) =>
        Object([.. names.Select(name => (name + "?", Integer("int64").Nullable()))]);

    [GeneratedRegex("[^A-Za-z0-9]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotWord();
}
