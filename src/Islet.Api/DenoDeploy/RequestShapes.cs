using System.Text.Json.Nodes;
using static Islet.Api.OpenApi.Schemas;

namespace Islet.Api.DenoDeploy;

/// <summary>
/// What requests may have, for the document. Bodies are read by hand, so that an error names the member; a test sends
/// each of these members in a wrong form and wants to hear its name.
/// </summary>
static class RequestShapes
{
    const int MaxDescription = 1000;

    public static readonly IReadOnlyDictionary<string, Func<JsonObject>> All = new Dictionary<string, Func<JsonObject>>(StringComparer.Ordinal)
    {
        ["CreateProjectRequest"] = () => Object(("name?", Text().Nullable()), ("description?", Description())),
        ["UpdateProjectRequest"] = () => Object(("name?", Text().Nullable()), ("description?", Description())),
        ["CreateKvDatabaseRequest"] = () => Object(("description?", Description())),
        ["UpdateKvDatabaseRequest"] = () => Object(("description?", Description())),
        ["CreateDomainRequest"] = () => Object(("domain", Text().Says("A host name; *. in front covers the hosts one label below"))),
        ["UpdateDomainAssociationRequest"] = () => Object(("deploymentId?", NullableRef("DeploymentId", "string"))),
        ["AddDomainCertificateRequest"] = () => Object(
            ("privateKey", Text().Says("PEM, not encrypted")), ("certificateChain", Text().Says("PEM, the domain's own first"))),
        ["EnableKvDatabaseBackupRequest"] = () => Union(Open(
            ("kind", OneOf("s3")), ("endpoint", Text()), ("bucketName", Text()), ("bucketRegion", Text()),
            ("accessKeyId", Text()), ("secretAccessKey", Text()), ("prefix?", Text()))),

        ["CreateDeploymentRequest"] = () => Object(
            ("entryPointUrl", Text().Says("Path of an asset, or a remote module")),
            ("importMapUrl?", Text().Nullable().Says("Null: what deno.json says; empty: none")),
            ("lockFileUrl?", Text().Nullable().Says("Null: what deno.json says; empty: none")),
            ("compilerOptions?", NullableRef("CompilerOptions", "object")),
            ("assets", Ref("Assets")),
            ("domains?", List(Ref("AttachableDomain")).Nullable().Says("Null: the deployment's own host; empty: none")),
            ("envVars", Map(Text())),
            ("databases?", Map(Uuid()).Nullable().Says("Only the name default")),
            ("requestTimeout?", Timeout()),
            ("permissions?", NullableRef("DeploymentPermissions", "object")),
            ("description?", Description()),
            ("enableCron?", Flag().Nullable().Says("Needs a database"))),
        ["RedeployRequest"] = () => Object(
            ("envVars?", Map(Text().Nullable()).Nullable().Says("By name; null removes a variable")),
            ("env_vars?", Map(Text().Nullable()).Nullable().Says("Older name of envVars").With("deprecated", true)),
            ("databases?", Map(Uuid().Nullable()).Nullable()),
            ("requestTimeout?", Timeout()),
            ("permissions?", NullableRef("DeploymentPermissionsOverwrite", "object")),
            ("description?", Description())),
        ["DeploymentPermissionsOverwrite"] = () => Object(("net?", List(Text()).Nullable().Says("Null: as it was"))),
        ["AttachableDomain"] = () => Text().Says("A domain, in which {project.name} and {deployment.id} may stand"),
        ["CompilerOptions"] = () => Object(
            ("experimentalDecorators?", Flag().Nullable()), ("emitDecoratorMetadata?", Flag().Nullable()),
            ("jsx?", Text().Nullable()), ("jsxFactory?", Text().Nullable()), ("jsxFragmentFactory?", Text().Nullable()),
            ("jsxImportSource?", Text().Nullable()), ("jsxPrecompileSkipElements?", List(Text()).Nullable())),

        ["Assets"] = () => Map(Ref("Asset")).Says("By path"),
        ["Asset"] = () => Union(Kind("file", "File"), Kind("symlink", "Symlink")),
        ["File"] = () => new()
        {
            ["anyOf"] = new JsonArray(Open(("content", Text()), ("encoding?", Ref("Encoding"))), Open(("gitSha1", Text().Says("Of a content that was uploaded before")))),
        },
        ["Symlink"] = () => Open(("target", Text())),
        ["Encoding"] = () => OneOf("utf-8", "base64"),
    };

    static JsonObject Description() => Text().With("maxLength", MaxDescription).Nullable();

    static JsonObject Timeout() => Integer("int32", minimum: 1).Nullable().Says("Milliseconds until an answer has to begin");

    static JsonObject Kind(string kind, string component) =>
        new() { ["allOf"] = new JsonArray(Ref(component), Open(("kind", OneOf(kind)))) };
}
