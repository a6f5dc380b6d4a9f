using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.OpenApi;

/// <summary>What a dialect's document says beside its operations.</summary>
/// <param name="Components">Schemas that no answer type has: requests, choices, enumerations.</param>
/// <param name="Parameters">Schemas of path parameters; those that are not in it are texts.</param>
sealed record ApiDescription(
    string Title, string Text, string Version, string Error,
    IReadOnlyList<(string Name, string Text)> Tags,
    IReadOnlyDictionary<string, Func<JsonObject>> Components,
    IReadOnlyDictionary<string, (Func<JsonObject> Schema, string Text)> Parameters);

/// <summary>The OpenAPI 3.0 document of a dialect, made of its routes and the types of its answers.</summary>
static partial class ApiDocument
{
    const string Json = "application/json";
    const string Ndjson = "application/x-ndjson";

    static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="mount">Where the dialect is: its routes begin with it.</param>
    /// <param name="server">Its base, as clients reach it.</param>
    public static byte[] Write(ApiDescription description, IEnumerable<RouteEndpoint> endpoints, string mount, string server)
    {
        var components = description.Components.ToDictionary(pair => pair.Key, pair => pair.Value(), StringComparer.Ordinal);
        var types = new SchemaOfType(components);
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var endpoint in endpoints)
        {
            if (endpoint.RoutePattern.RawText is not { } pattern || !pattern.StartsWith(mount + "/", StringComparison.Ordinal)
                || endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is not [var method, ..]
                || pattern[mount.Length..] is not { } path || path == DocumentEndpoint.Path
                || endpoint.Metadata.GetMetadata<ApiOperation>() is not { } operation)
                continue;
            if (!paths.TryGetValue(path, out var methods))
                paths.Add(path, methods = []);
            var written = OperationOf(operation, path, description, types);
            written["x-codeSamples"] = Samples.Of(operation, method, server, path);
            methods[method.ToLowerInvariant()] = written;
        }

        return JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject
            {
                ["openapi"] = "3.0.3",
                ["info"] = new JsonObject
                {
                    ["title"] = description.Title,
                    ["description"] = description.Text,
                    ["version"] = description.Version,
                    ["contact"] = new JsonObject { ["name"] = "The operator of this installation", ["url"] = server },
                    ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["url"] = "https://www.apache.org/licenses/LICENSE-2.0" },
                },
                ["servers"] = new JsonArray(new JsonObject { ["url"] = server }),
                ["security"] = new JsonArray(new JsonObject { ["bearerAuth"] = new JsonArray() }),
                ["tags"] = new JsonArray([.. description.Tags.Select(tag => (JsonNode)new JsonObject { ["name"] = tag.Name, ["description"] = tag.Text })]),
                ["paths"] = new JsonObject(paths.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
                ["components"] = new JsonObject
                {
                    ["schemas"] = new JsonObject(components.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
                    ["securitySchemes"] = new JsonObject
                    {
                        ["bearerAuth"] = new JsonObject
                        {
                            ["type"] = "http", ["scheme"] = "bearer", ["description"] = "A token of a user, an organization or a project: `Authorization: Bearer {token}`",
                        },
                    },
                },
            },
            Compact);
    }

    static JsonObject OperationOf(ApiOperation operation, string path, ApiDescription description, SchemaOfType types)
    {
        var written = new JsonObject
        {
            ["operationId"] = operation.Id,
            ["tags"] = new JsonArray(operation.Tag),
            ["summary"] = operation.Summary,
            ["description"] = operation.Description ?? operation.Summary + ".",
        };
        if (operation.IsDeprecated)
            written["deprecated"] = true;
        JsonArray parameters = [.. PathParameters(path, description), .. operation.Query.Select(QueryParameter)];
        if (parameters.Count > 0)
            written["parameters"] = parameters;
        if (operation.Request is { } request)
        {
            var type = operation.TakesManyLines ? Ndjson : Json;
            var content = Content(Schemas.Ref(request), type);
            content[type]!["example"] = JsonNode.Parse(operation.Example!);
            written["requestBody"] = new JsonObject { ["required"] = true, ["content"] = content };
        }

        var responses = new JsonObject { [operation.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = Success(operation, types) };
        foreach (var status in operation.Errors.Order())
            responses[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] =
                new JsonObject { ["description"] = Reason(status), ["content"] = Content(Schemas.Ref(description.Error)) };
        written["responses"] = responses;
        return written;
    }

    static JsonObject Success(ApiOperation operation, SchemaOfType types)
    {
        var success = new JsonObject { ["description"] = "Success" };
        if (operation.Link is { } link)
            success["headers"] = new JsonObject { ["Link"] = new JsonObject { ["description"] = "Where other parts of the list are, if there are any", ["schema"] = Schemas.Ref(link) } };
        if (operation.Answer is null && operation.Component is null)
            return success;
        var content = Content(operation.IsList ? Schemas.List(Item()) : Item(), operation.IsLines ? Ndjson : Json);
        if (operation.IsStream)
            content[Ndjson] = new JsonObject { ["schema"] = Item() };
        success["content"] = content;
        return success;

        JsonObject Item() => operation.Component is { } component ? Schemas.Ref(component) : types.Of(operation.Answer!);
    }

    static IEnumerable<JsonNode> PathParameters(string path, ApiDescription description) =>
        from name in Placeholder().Matches(path).Select(match => match.Groups["name"].Value)
        let known = description.Parameters.TryGetValue(name, out var parameter) ? parameter : (Schema: () => Schemas.Text(), Text: "See the path")
        select new JsonObject { ["name"] = name, ["in"] = "path", ["required"] = true, ["description"] = known.Text, ["schema"] = known.Schema() };

    static JsonNode QueryParameter(QueryParameter parameter) => new JsonObject
    {
        ["name"] = parameter.Name, ["in"] = "query", ["required"] = parameter.Required, ["description"] = parameter.Description,
        ["schema"] = parameter.Schema.DeepClone(),
    };

    static JsonObject Content(JsonObject schema, string type = Json) => new() { [type] = new JsonObject { ["schema"] = schema } };

    static string Reason(int status) => status switch
    {
        400 => "The request cannot be used as it is",
        401 => "No valid token was given",
        403 => "The token may not do this",
        404 => "What is asked for does not exist, or the token does not open it",
        409 => "What is there already stands in the way",
        429 => "Too many requests",
        _ => "Something went wrong on our side",
    };

    [GeneratedRegex(@"\{(?<name>\w+)\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
