using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Islet.Api.Docs;

/// <summary>
/// The documents of the dialects as pages for people: <c>/docs</c>. All of it comes from here: the script that makes them
/// (Scalar, MIT) lies beside the server with its licence, and the policy of the pages lets nothing else in.
/// </summary>
static class DocsPages
{
    const string Script = "scalar.js";
    const string Licence = "scalar.LICENSE.txt";

    /// <summary>The script makes its own style elements, which have no nonce; scripts are its file and nothing inline.</summary>
    const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    static readonly (string Path, string Title, string Document)[] Pages =
        [("/docs/v1", "Deno Deploy API, version 1", "/v1/openapi.json"), ("/docs/islet", "Islet API, version 1", "/islet/v1/openapi.json")];

    /// <param name="directory">Where the script is.</param>
    public static void Map(IEndpointRouteBuilder routes, string directory)
    {
        var script = Path.Combine(directory, Script);
        routes.MapMethods("/docs", Read, (HttpContext http) => Html(http, Contents()));
        foreach (var (path, title, document) in Pages)
            routes.MapMethods(path, Read, (HttpContext http) => File.Exists(script)
                ? Html(http, Reference(title, document))
                : Results.Text($"The script of this page is missing: run eng/setup.sh and build again. The document is at {document}\n", statusCode: StatusCodes.Status404NotFound));
        routes.MapMethods($"/docs/{Script}", Read, (HttpContext http) => AsIs(http, script, "text/javascript"));
        routes.MapMethods($"/docs/{Licence}", Read, (HttpContext http) => AsIs(http, Path.Combine(directory, Licence), "text/plain"));
    }

    static string Contents() => Page("API reference", $"""
        <h1>API reference</h1>
        <ul>
        {string.Join('\n', Pages.Select(page => $"<li><a href=\"{page.Path}\">{page.Title}</a> (<a href=\"{page.Document}\">OpenAPI</a>)</li>"))}
        </ul>
        <p>Shown by Scalar, <a href="/docs/{Licence}">MIT licence</a>.</p>
        """);

    /// <summary>No fonts of others, no proxy of others; light or dark as the reader's system has it.</summary>
    static string Reference(string title, string document)
    {
        var configuration = new JsonObject
        {
            ["spec"] = new JsonObject { ["url"] = document }, ["withDefaultFonts"] = false, ["hideClientButton"] = true, ["metaData"] = new JsonObject { ["title"] = title },
            // the host that the reader came by, which the document need not name
            ["servers"] = new JsonArray(new JsonObject { ["url"] = document[..document.LastIndexOf('/')] }),
        };
        var attribute = JsonSerializer.Serialize(configuration).Replace("\"", "&quot;", StringComparison.Ordinal);
        return Page(title, $"<script id=\"api-reference\" type=\"application/json\" data-configuration=\"{attribute}\"></script>\n<script src=\"/docs/{Script}\"></script>");
    }

    static string Page(string title, string body) => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title}</title>
        </head>
        <body>
        {body}
        </body>
        </html>

        """;

    static IResult Html(HttpContext http, string html)
    {
        Guard(http.Response.Headers);
        return Results.Text(html, "text/html; charset=utf-8");
    }

    static IResult AsIs(HttpContext http, string file, string type)
    {
        Guard(http.Response.Headers);
        if (!File.Exists(file))
            return Results.NotFound();
        var changed = new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero);
        return Results.File(file, type, lastModified: changed, entityTag: new EntityTagHeaderValue($"\"{changed.UtcTicks:x}\""));
    }

    static void Guard(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["referrer-policy"] = "no-referrer";
        headers["cross-origin-opener-policy"] = "same-origin";
        headers.CacheControl = "no-cache"; // asked each time whether it has changed
    }
}
