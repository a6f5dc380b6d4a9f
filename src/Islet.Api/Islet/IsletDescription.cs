using System.Text.Json.Nodes;
using Islet.Api.OpenApi;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Variables;
using static Islet.Api.OpenApi.Schemas;

namespace Islet.Api.Islet;

/// <summary>What the document of our own dialect says beside its operations and the types of its answers.</summary>
static class IsletDescription
{
    public static readonly ApiDescription All = new(
        Title: "Islet API, version 1",
        Text: "What the Deno Deploy API never had. Tokens and ids are the same.",
        Version: "1.0.0",
        Error: "FieldError",
        Tags:
        [
            ("database", "KV databases: what they contain"), ("deployment", "Deployments: their logs and what they connect to"),
            ("organization", "Organizations: members, invitations, limits, who changed what"), ("project", "Projects: limits, variables, secrets and crons"),
            ("token", "Access tokens"),
        ],
        Components: new Dictionary<string, Func<JsonObject>>(StringComparer.Ordinal)
        {
            ["FieldError"] = () => Object(("code", Text()), ("message", Text()), ("field?", Text().Says("The member that is wrong"))),
            ["LogLevel"] = () => OneOf("error", "warning", "info", "debug"),
            ["Region"] = () => OneOf(Regions.All.Order(StringComparer.Ordinal)),
            ["Role"] = () => OneOf(Enum.GetValues<Role>().Select(Permissions.Name)),
            ["TokenScope"] = () => OneOf(Enum.GetValues<TokenScope>().Select(TokenScopeNames.Name)),
            ["PaginationLinkHeader"] = () => Text().Says("Pages by their relation, as of RFC 8288: next, prev, first, last"),
            ["CursorLinkHeader"] = () => Text().Says("The next part, as of RFC 8288: next"),
            ["AppLogEntry"] = () => Object(
                ("time", Time()), ("level", Ref("LogLevel")), ("message", Text()), ("region", Ref("Region")),
                ("trace", Text().Nullable().Says("Trace of the request it was written in")), ("span", Text().Nullable())),
            ["EgressRecord"] = () => Object(
                ("time", Time()), ("verdict", OneOf("allowed", "refused", "closed")), ("destination", Text()), ("host", Text().Nullable()),
                ("rule", Text()), ("sentBytes", Integer("int64")), ("receivedBytes", Integer("int64"))),
            ["Secret"] = () => Inline(typeof(SecretView)),
            ["Variable"] = () => Inline(typeof(VariableView)),
            ["PutSecretRequest"] = () => Object(
                ("value", Text()), ("hosts", List(Text())), ("tls?", Flag().Nullable().Default(true).Says("Whether TLS to these hosts is looked into"))),
            ["PutVariableRequest"] = () => Object(("value", Text())),
            ["OrganizationNameRequest"] = () => Object(("name", Text())),
            ["OrganizationChanges"] = () => Object(("name?", Text().Nullable())),
            ["RoleChange"] = () => Object(("role", Ref("Role"))),
            ["NewInvitationRequest"] = () => Object(("email", Text()), ("role", Ref("Role"))),
            ["AcceptInvitationRequest"] = () => Object(("token", Text()), ("name?", Text().Nullable()), ("password?", Text().Nullable())),
            ["NewTokenRequest"] = () => Object(
                ("name", Text()), ("scope?", NullableRef("TokenScope", "string")), ("organizationId?", Uuid().Nullable()),
                ("projectId?", Text().Nullable().Says("Id or name")), ("expiresInDays?", Integer("int32", minimum: 1, maximum: 365).Nullable())),
            ["EntryKey"] = () => new JsonObject().Says(
                "An array of strings, numbers, booleans, {\"bigint\":\"12\"}, {\"bytes\":\"base64\"} and {\"number\":\"NaN\"}; {\"raw\":\"base64\"} for bytes that are no such array"),
            ["EntryValue"] = () => Object(
                ("type", OneOf("u64", "bytes", "json", "bigint", "v8")), ("value", new JsonObject().Says("Any JSON for json, else a text; base64 for bytes and v8")),
                ("display?", new JsonObject().Says("A v8 value for the eyes; not read back"))),
            ["Entry"] = () => Object(("key", Ref("EntryKey")), ("value", Ref("EntryValue")), ("versionstamp", Text()), ("expireAt?", Time())),
            ["Queue"] = () => Object(
                ("undelivered", Integer("int64")), ("due", Integer("int64")), ("nextDueAt", Time().Nullable()), ("listeners", Integer("int32")), ("running", Integer("int32")),
                ("deadLetters", List(Ref("DeadLetter")))),
            ["DeadLetter"] = () => Object(("at", Time()), ("tries", Integer("int32")), ("value", Ref("EntryValue"))),
            ["EntryLine"] = () => Object(
                ("key", Ref("EntryKey")), ("value", Ref("EntryValue")), ("versionstamp?", Text().Nullable().Says("Not read back")), ("expireAt?", Time().Nullable())),
            ["PutEntryRequest"] = () => Object(
                ("value", Ref("EntryValue")), ("expireAt?", Time().Nullable()),
                ("versionstamp?", Text().Nullable().Says("What the entry must have; null: there must be none; left out: anything"))),
            ["OrganizationLimitChanges"] = () => Changes(LimitSettings.NamesOfOrganization),
            ["ProjectLimitChanges"] = () => Changes(LimitSettings.NamesOfProject),
        },
        Parameters: new Dictionary<string, (Func<JsonObject>, string)>(StringComparer.Ordinal)
        {
            ["organizationId"] = (Uuid, "Id of an organization"),
            ["projectId"] = (() => Text(), "Id of a project; its name is taken too"),
            ["deploymentId"] = (() => Text(), "Id of a deployment"),
            ["databaseId"] = (Uuid, "Id of a KV database"),
            ["userId"] = (Uuid, "Id of a user"),
            ["invitationId"] = (Uuid, "Id of an invitation"),
            ["tokenId"] = (Uuid, "Id of a token"),
            ["name"] = (() => Text(), "Name of a variable, a secret or a cron"),
        });

    static JsonObject Inline(Type type) => new SchemaOfType(new Dictionary<string, JsonObject>(StringComparer.Ordinal)).Of(type);

    static JsonObject Changes(IReadOnlyList<string> names) =>
        Object([.. names.Select(name => (name + "?", Integer("int64").Nullable()))]);
}
