using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Islet.Api.OpenApi;
using Islet.Tests.House;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>The documents of the dialects, and that version 1 still says what was agreed on.</summary>
public sealed class DocumentTests(ApiHost server) : IClassFixture<ApiHost>
{
    const string Agreed = "test/Islet.Tests/Api/v1.agreed.txt";

    [Fact]
    public async Task Version_1_says_what_was_agreed_on()
    {
        var facts = Facts(await DocumentAsync("/v1")).Order(StringComparer.Ordinal).ToList();
        var agreed = Repository.Read(Agreed).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        string[] differences = [.. agreed.Except(facts).Select(fact => "- " + fact), .. facts.Except(agreed).Select(fact => "+ " + fact)];

        string.Join('\n', differences).ShouldBe("", $"{Agreed} has the lines with -, the document those with +");
    }

    [Theory]
    [InlineData("/v1")]
    [InlineData("/api/v1")]
    [InlineData("/islet/v1")]
    public async Task Document_needs_no_token_and_has_no_charset(string mount)
    {
        using var nobody = server.Client(token: null, mount);
        using var response = await nobody.GetAsync("openapi.json");
        using var head = await nobody.SendAsync(new(HttpMethod.Head, "openapi.json"));

        ((int)response.StatusCode, (int)head.StatusCode).ShouldBe((200, 200));
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        var document = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        document["openapi"]!.ToString().ShouldBe("3.0.3");
        document["servers"]![0]!["url"]!.ToString().ShouldEndWith(mount);
        document["paths"]!.AsObject().Count.ShouldBeGreaterThan(5);
    }

    [Theory]
    [InlineData("/v1/")]
    [InlineData("/islet/v1/")]
    public void Every_endpoint_is_described_once(string mount)
    {
        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith(mount, StringComparison.Ordinal)
                && endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is not null && !endpoint.RoutePattern.RawText!.EndsWith("openapi.json", StringComparison.Ordinal)).ToList();

        endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<ApiOperation>() is null).Select(endpoint => endpoint.RoutePattern.RawText).ShouldBeEmpty();
        endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<ApiOperation>()!.Id).ShouldBeUnique();
        endpoints.Count.ShouldBe(mount == "/v1/" ? 32 : endpoints.Count);
    }

    /// <summary>What they say is run by test/e2e/samples.test.mjs.</summary>
    [Fact]
    public async Task Every_operation_has_a_sample_in_JavaScript_and_one_for_the_shell()
    {
        foreach (var (mount, ofSdk) in (IEnumerable<(string, int)>)[("/v1", 26), ("/islet/v1", 0)])
        {
            var samples = Operations(await DocumentAsync(mount))
                .Select(operation => operation.Operation["x-codeSamples"]!.AsArray().Select(sample => (Language: (string)sample!["lang"]!, Label: (string)sample["label"]!)).ToList()).ToList();
            samples.ShouldAllBe(pair => pair.Select(sample => sample.Language).SequenceEqual(new[] { "JavaScript", "Shell" }));
            samples.Count(pair => pair[0].Label == "subhosting").ShouldBe(ofSdk, mount);
        }
    }

    [Fact]
    public async Task References_lead_somewhere_and_no_component_is_left_over()
    {
        foreach (var mount in (string[])["/v1", "/islet/v1"])
        {
            var document = await DocumentAsync(mount);
            var used = References(document).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
            used.ShouldBe(document["components"]!["schemas"]!.AsObject().Select(schema => "#/components/schemas/" + schema.Key).Order(StringComparer.Ordinal), mount);
        }
    }

    /// <summary>Bodies are read by hand: what the document says about them must be what is read.</summary>
    [Fact]
    public async Task Every_member_of_a_request_is_read_and_named_when_it_is_wrong()
    {
        var document = await DocumentAsync("/v1");
        var project = await server.NewProjectAsync();
        var deployment = await server.DeployAsync(project);
        await server.BuiltAsync(deployment);
        var database = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/databases", ApiHost.Raw("{}")));
        var domain = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/domains", ApiHost.Raw("""{"domain":"read.example.com"}""")));
        var members = 0;

        foreach (var (pattern, method, operation) in Operations(document))
        {
            if (operation["requestBody"] is not { } request)
                continue;
            var path = pattern[1..].Replace("{organizationId}", server.First.OrganizationId, StringComparison.Ordinal)
                .Replace("{projectId}", (string)project["id"]!, StringComparison.Ordinal).Replace("{deploymentId}", (string)deployment["id"]!, StringComparison.Ordinal)
                .Replace("{databaseId}", (string)database["id"]!, StringComparison.Ordinal).Replace("{domainId}", (string)domain["id"]!, StringComparison.Ordinal);
            var schema = Resolve(document, request["content"]!["application/json"]!["schema"]!);
            foreach (var (member, wrong) in Wrong(document, schema, ""))
            {
                members++;
                using var message = new HttpRequestMessage(new(method.ToUpperInvariant()), path) { Content = ApiHost.Json(BodyWith(operation["operationId"]!.ToString(), member, wrong)) };
                var (code, text) = await ApiHost.RefusedAsync(400, server.Http.SendAsync(message));
                (code, text).ShouldSatisfyAllConditions(
                    () => text.ShouldContain(member.Split('.')[^1], Case.Sensitive, $"{operation["operationId"]} {member}: {text}"),
                    () => code.ShouldBe("badRequest"));
            }
        }

        members.ShouldBeGreaterThan(40);
    }

    static IEnumerable<(string Path, string Method, JsonNode Operation)> Operations(JsonNode document) =>
        from path in document["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        select (path.Key, method.Key, method.Value);

    static JsonNode Resolve(JsonNode document, JsonNode schema)
    {
        if (schema["$ref"] is { } reference)
            return Resolve(document, document["components"]!["schemas"]![reference.ToString()["#/components/schemas/".Length..]]!);
        if (schema["allOf"] is JsonArray { Count: 1 } all)
            return Resolve(document, all[0]!);
        return schema["oneOf"] is JsonArray { Count: 1 } one ? Resolve(document, one[0]!) : schema;
    }

    /// <summary>Each member by its path, with a value that it cannot have.</summary>
    static IEnumerable<(string Member, JsonNode Value)> Wrong(JsonNode document, JsonNode schema, string path)
    {
        foreach (var (name, declared) in schema["properties"]!.AsObject())
        {
            var (member, inner) = (path + name, Resolve(document, declared!));
            yield return (member, inner["type"]?.ToString() == "string" ? JsonValue.Create(5) : JsonValue.Create("wrong"));
            if (inner["properties"] is not null)
                foreach (var below in Wrong(document, inner, member + "."))
                    yield return below;
        }
    }

    /// <summary>A body that is good but for one member.</summary>
    static JsonObject BodyWith(string operation, string member, JsonNode value)
    {
        var body = operation switch
        {
            "create_deployment" => ApiHost.Program(),
            "create_domain" => new() { ["domain"] = "other.example.com" },
            "add_domain_certificate" => new() { ["privateKey"] = "", ["certificateChain"] = "" },
            "enable_kv_backup" => new JsonObject
            {
                ["kind"] = "s3", ["endpoint"] = "https://s3.eu-west-1.example", ["bucketName"] = "copies", ["bucketRegion"] = "eu-west-1", ["accessKeyId"] = "key", ["secretAccessKey"] = "secret",
            },
            _ => [],
        };
        var (at, names) = (body, member.Split('.'));
        foreach (var name in names[..^1])
            at = (JsonObject)(at[name] ??= new JsonObject());
        at[names[^1]] = value;
        return body;
    }

    /// <summary>One line for each thing that clients depend on.</summary>
    static IEnumerable<string> Facts(JsonNode document)
    {
        foreach (var (path, method, operation) in Operations(document))
        {
            yield return $"operation {method} {path} {operation["operationId"]} tag {operation["tags"]![0]}{(operation["deprecated"] is null ? "" : " deprecated")}";
            foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
                yield return $"parameter {operation["operationId"]} {parameter!["in"]} {parameter["name"]}{((bool)parameter["required"]! ? " required" : "")}";
            if (operation["requestBody"] is { } request)
                yield return $"request {operation["operationId"]} {request["content"]!["application/json"]!["schema"]!.ToJsonString()}";
            foreach (var (status, answer) in operation["responses"]!.AsObject())
                yield return $"answer {operation["operationId"]} {status} {string.Join(' ', (answer!["content"]?.AsObject() ?? []).Select(content => $"{content.Key} {content.Value!["schema"]!.ToJsonString()}"))}".TrimEnd();
        }
        foreach (var (name, schema) in document["components"]!["schemas"]!.AsObject())
            foreach (var fact in Facts(name, schema!))
                yield return fact;
    }

    static IEnumerable<string> Facts(string name, JsonNode schema)
    {
        yield return $"schema {name} {schema["$ref"] ?? schema["type"] ?? "any"}{(schema["format"] is { } format ? " " + format : "")}{(schema["nullable"] is null ? "" : " or null")}{(schema["additionalProperties"]?.ToJsonString() == "false" ? " closed" : "")}";
        foreach (var required in schema["required"]?.AsArray() ?? [])
            yield return $"required {name}.{required}";
        foreach (var value in schema["enum"]?.AsArray() ?? [])
            yield return $"enum {name} {value}";
        foreach (var (member, inner) in schema["properties"]?.AsObject() ?? [])
            foreach (var fact in Facts($"{name}.{member}", inner!))
                yield return fact;
        foreach (var kind in (string[])["allOf", "oneOf", "anyOf"])
            foreach (var (inner, index) in (schema[kind]?.AsArray() ?? []).Select((inner, index) => (inner!, index)))
                foreach (var fact in Facts($"{name}.{kind}[{index}]", inner))
                    yield return fact;
        if (schema["items"] is { } items)
            foreach (var fact in Facts(name + "[]", items))
                yield return fact;
        if (schema["additionalProperties"] is JsonObject values)
            foreach (var fact in Facts(name + "{}", values))
                yield return fact;
    }

    static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "$ref" ? [member.Value!.ToString()] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    async Task<JsonNode> DocumentAsync(string mount)
    {
        using var nobody = server.Client(token: null, mount);
        return JsonNode.Parse(await nobody.GetStringAsync("openapi.json"))!;
    }
}
