using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.OpenApi;

/// <summary>
/// How an operation is called, for the pages at <c>/docs</c> (<c>x-codeSamples</c>): in JavaScript by the official client,
/// by fetch where it has no call, and by curl. Token and ids are taken from variables of the environment, so that a sample
/// works as it stands; a test runs each.
/// </summary>
static partial class Samples
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonArray Of(ApiOperation operation, string method, string server, string path)
    {
        var body = operation.Example is { } example ? JsonNode.Parse(example)!.ToJsonString(operation.TakesManyLines ? Compact : Indented) : null;
        return new(
            operation.SdkCall is { } call
                ? Sample("JavaScript", "subhosting", Sdk(call, server, path, Query(operation), body))
                : Sample("JavaScript", "fetch", Fetch(operation, method, server + path, body)),
            Sample("Shell", "curl", Curl(operation, method, server + path, body)));
    }

    static JsonObject Sample(string language, string label, string source) => new() { ["lang"] = language, ["label"] = label, ["source"] = source };

    static string Sdk(string call, string server, string path, List<(string Name, string Value)> query, string? body)
    {
        List<string> arguments = [.. Placeholder().Matches(path).Select(match => JavaScriptVariable(match.Groups["name"].Value))];
        if (body is not null)
            arguments.Add(body);
        else if (query.Count > 0)
            arguments.Add($"{{ {string.Join(", ", query.Select(parameter => $"{parameter.Name}: '{parameter.Value}'"))} }}");
        return $"""
            import Subhosting from 'subhosting';

            const islet = new Subhosting({"{"} baseURL: '{server}', bearerToken: process.env.ISLET_TOKEN {"}"});
            console.log(await islet.{call}({string.Join(", ", arguments)}));
            """;
    }

    static string Fetch(ApiOperation operation, string method, string url, string? body)
    {
        var address = Placeholder().Replace(url, match => "${" + InUrl(match.Groups["name"].Value) + "}") + QueryText(operation);
        var source = new StringBuilder($"const response = await fetch(`{address}`, {{\n");
        if (!HttpMethods.IsGet(method))
            source.Append($"  method: '{method}',\n");
        source.Append("  headers: { authorization: `Bearer ${process.env.ISLET_TOKEN}`").Append(body is null ? " },\n" : ", 'content-type': 'application/json' },\n");
        if (body is not null)
            source.Append($"  body: JSON.stringify({body.Replace("\n", "\n  ", StringComparison.Ordinal)}),\n");
        source.Append($"}});\nconsole.log(response.status, await response.{(operation.IsLines ? "text" : "json")}());");
        return source.ToString();
    }

    static string Curl(ApiOperation operation, string method, string url, string? body)
    {
        var address = Placeholder().Replace(url, match => "$" + Variable(match.Groups["name"].Value)) + QueryText(operation);
        List<string> lines = [$"curl{(HttpMethods.IsGet(method) ? "" : " -X " + method)} \"{address}\"", "  -H \"Authorization: Bearer $ISLET_TOKEN\""];
        if (operation.IsStream)
            lines.Add("  -H 'Accept: application/x-ndjson' -N");
        if (body is not null)
            lines.AddRange(["  -H 'Content-Type: application/json'", $"  -d '{body.Replace("'", "'\\''", StringComparison.Ordinal)}'"]);
        return string.Join(" \\\n", lines);
    }

    /// <summary>Parameters whose schema has an example: without them the call would not answer, or not end.</summary>
    static List<(string Name, string Value)> Query(ApiOperation operation) =>
        [.. from parameter in operation.Query where parameter.Schema.ContainsKey("example") select (parameter.Name, parameter.Schema["example"]!.ToString())];

    static string QueryText(ApiOperation operation) =>
        Query(operation) is [_, ..] query ? "?" + string.Join('&', query.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}")) : "";

    static string InUrl(string parameter) =>
        parameter.EndsWith("Id", StringComparison.Ordinal) ? JavaScriptVariable(parameter) : $"encodeURIComponent({JavaScriptVariable(parameter)})";

    static string JavaScriptVariable(string parameter) => "process.env." + Variable(parameter);

    /// <summary><c>projectId</c> becomes <c>PROJECT_ID</c>.</summary>
    static string Variable(string parameter) => WordBegin().Replace(parameter, "_$0").ToUpperInvariant();

    [GeneratedRegex(@"\{(?<name>\w+)\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex("[A-Z]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WordBegin();
}
