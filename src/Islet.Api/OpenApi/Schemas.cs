using System.Text.Json.Nodes;

namespace Islet.Api.OpenApi;

/// <summary>Small words for schemas of OpenAPI 3.0. Each call makes a new object: a node has one parent.</summary>
static class Schemas
{
    public static JsonObject Ref(string component) => new() { ["$ref"] = "#/components/schemas/" + component };

    /// <summary>A reference that may be null: in 3.0 nothing stands beside a reference, and null needs a type to be added to.</summary>
    public static JsonObject NullableRef(string component, string type) => Nullable(Ref(component), type);

    public static JsonObject Nullable(JsonObject reference, string type) =>
        new() { ["type"] = type, ["allOf"] = new JsonArray(reference), ["nullable"] = true };

    public static JsonObject Text(string? format = null)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (format is not null)
            schema["format"] = format;
        return schema;
    }

    public static JsonObject Uuid() => Text("uuid");

    public static JsonObject Time() => Text("date-time");

    public static JsonObject Flag() => new() { ["type"] = "boolean" };

    public static JsonObject Integer(string? format = null, int? minimum = null, int? maximum = null)
    {
        var schema = new JsonObject { ["type"] = "integer" };
        if (format is not null)
            schema["format"] = format;
        if (minimum is not null)
            schema["minimum"] = minimum;
        if (maximum is not null)
            schema["maximum"] = maximum;
        return schema;
    }

    public static JsonObject Number() => new() { ["type"] = "number", ["format"] = "double" };

    public static JsonObject OneOf(params IEnumerable<string> values) =>
        new() { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value)]) };

    public static JsonObject List(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    public static JsonObject Map(JsonObject values) => new() { ["type"] = "object", ["additionalProperties"] = values };

    /// <summary>An object with these members; those whose names end in <c>?</c> may be left out.</summary>
    public static JsonObject Object(params (string Name, JsonObject Schema)[] members) => Open(members).Closed();

    /// <summary>The same; others may join it by <c>allOf</c>.</summary>
    public static JsonObject Open(params (string Name, JsonObject Schema)[] members)
    {
        var schema = new JsonObject { ["type"] = "object" };
        string[] required = [.. members.Where(member => !member.Name.EndsWith('?')).Select(member => member.Name)];
        if (required.Length > 0)
            schema["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]);
        var properties = new JsonObject();
        foreach (var (name, member) in members)
            properties[name.TrimEnd('?')] = member;
        if (members.Length > 0)
            schema["properties"] = properties;
        return schema;
    }

    /// <summary>
    /// One of some objects, told apart by a member with one value. No discriminator says so: it would have to refer to
    /// components (OpenAPI 3.0.3, section 4.7.25), and generators that find inline schemas there make types that nothing fits.
    /// </summary>
    public static JsonObject Union(params JsonObject[] variants) => new() { ["oneOf"] = new JsonArray([.. variants]) };

    public static JsonObject Closed(this JsonObject schema) => schema.With("additionalProperties", false);

    public static JsonObject Nullable(this JsonObject schema) => schema.With("nullable", true);

    public static JsonObject Default(this JsonObject schema, JsonNode value) => schema.With("default", value);

    public static JsonObject Like(this JsonObject schema, JsonNode example) => schema.With("example", example);

    public static JsonObject Says(this JsonObject schema, string description) => schema.With("description", description);

    public static JsonObject With(this JsonObject schema, string name, JsonNode value)
    {
        schema[name] = value;
        return schema;
    }
}
