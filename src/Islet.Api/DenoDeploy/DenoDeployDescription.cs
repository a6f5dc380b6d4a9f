using System.Text.Json.Nodes;
using Islet.Api.OpenApi;
using Islet.ControlPlane.Logs;
using static Islet.Api.OpenApi.Schemas;

namespace Islet.Api.DenoDeploy;

/// <summary>What this dialect's document says beside its operations and the types of its answers.</summary>
static class DenoDeployDescription
{
    public static readonly ApiDescription All = new(
        Title: "Deno Deploy API, version 1",
        Text: "The Deno Deploy (Subhosting) REST API, version 1, as this installation of Islet speaks it.",
        Version: "1.0.0",
        Error: "ErrorBody",
        Tags:
        [
            ("database", "KV databases"), ("databaseBackup", "Backups of KV databases"), ("deployment", "Deployments, their logs and domains"),
            ("domain", "Custom domains and their certificates"), ("organization", "Organizations"), ("project", "Projects"),
        ],
        Components: Components(),
        Parameters: new Dictionary<string, (Func<JsonObject>, string)>(StringComparer.Ordinal)
        {
            ["organizationId"] = (Uuid, "Id of an organization"),
            ["projectId"] = (() => Text(), "Id of a project; its name is taken too"),
            ["deploymentId"] = (() => Ref("DeploymentId"), "Id of a deployment"),
            ["domainId"] = (Uuid, "Id of a domain"),
            ["databaseId"] = (Uuid, "Id of a KV database"),
            ["databaseBackupId"] = (Uuid, "Id of a backup"),
            ["domain"] = (() => Text(), "A domain, in which {project.name} and {deployment.id} may stand, percent-encoded"),
        });

    static Dictionary<string, Func<JsonObject>> Components()
    {
        var components = new Dictionary<string, Func<JsonObject>>(StringComparer.Ordinal)
        {
            ["DeploymentId"] = () => Text().Says("12 characters: digits and lower-case letters without i, l, o and u"),
            ["DeploymentStatus"] = () => OneOf("failed", "pending", "success"),
            ["LogLevel"] = () => OneOf("error", "warning", "info", "debug"),
            ["Region"] = () => OneOf(Regions.All.Order(StringComparer.Ordinal)),
            ["TlsCipher"] = () => OneOf("rsa", "ec"),
            ["PaginationLinkHeader"] = () => Text().Says("Pages by their relation, as of RFC 8288: next, prev, first, last"),
            ["CursorLinkHeader"] = () => Text().Says("The next part of a log, as of RFC 8288: next. Only about the past"),
            ["BuildLogsResponseEntry"] = () => Object(("level", Text()), ("message", Text())),
            ["AppLogsResponseEntry"] = () => Object(("time", Time()), ("level", Ref("LogLevel")), ("message", Text()), ("region", Ref("Region"))),
            ["ProvisioningStatus"] = () => Union(State("success"), State("failed", ("message", Text())), State("pending"), State("manual")),
            ["AnalyticsFieldType"] = () => OneOf("time", "number", "string", "boolean", "other"),
            ["AnalyticsDataValue"] = () => new()
            {
                ["anyOf"] = new JsonArray(Time(), Number(), Text(), Flag(), new JsonObject()),
                ["description"] = "Of the type that the field of the same place has",
            },
            ["Analytics"] = () => Object(("fields", List(Ref("AnalyticsFieldSchema"))), ("values", List(List(Ref("AnalyticsDataValue"))))),
            ["KvDatabaseBackupStatus"] = () => Union(State("pending"), State("active"), State("failed", ("message", Text()))),
            ["KvDatabaseBackupTarget"] = () => Union(Open(
                ("kind", OneOf("s3")), ("endpoint", Text()), ("bucketName", Text()), ("bucketRegion", Text()), ("accessKeyId", Text()), ("prefix", Text()))),
            ["KvDatabaseBackup"] = () => new()
            {
                ["allOf"] = new JsonArray(Ref("KvDatabaseBackupTarget"), Open(("id", Uuid()), ("status", Ref("KvDatabaseBackupStatus")))),
            },
            ["DisableKvDatabaseBackupResponse"] = () => Open().Says("Nothing is in it"),
        };
        foreach (var (name, schema) in RequestShapes.All)
            components.Add(name, schema);
        foreach (var type in (Type[])[typeof(ErrorWire), typeof(AnalyticsFieldWire)])
            components.Add(NameOf(type), () => SchemaOf(type));
        return components;
    }

    static JsonObject State(string code, params (string Name, JsonObject Schema)[] more) => Open([("code", OneOf(code)), .. more]);

    /// <summary>Of types that only other components refer to.</summary>
    static JsonObject SchemaOf(Type type)
    {
        var components = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        _ = new SchemaOfType(components).Of(type);
        return components[NameOf(type)];
    }

    static string NameOf(Type type) => ((ComponentAttribute)Attribute.GetCustomAttribute(type, typeof(ComponentAttribute))!).Name;
}
