using Islet.Api.Wire;
using Islet.ControlPlane;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Islet.Api.OpenApi;

/// <summary>Serves a dialect's document, to everybody: <c>openapi.json</c> at its mount.</summary>
static class DocumentEndpoint
{
    public const string Path = "/openapi.json";

    static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void MapDocument(this IEndpointRouteBuilder routes, string mount, ApiDescription description)
    {
        // made at the first question, when all routes are known
        var document = new Lazy<byte[]>(() => ApiDocument.Write(
            description,
            routes.ServiceProvider.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>(),
            mount,
            routes.ServiceProvider.GetRequiredService<IOptions<ControlPlaneOptions>>().Value.PublicUrl.TrimEnd('/') + mount));
        routes.MapMethods(mount + Path, Read, (HttpContext http) => AnswerAsync(http, document.Value));
    }

    static async Task AnswerAsync(HttpContext http, byte[] document)
    {
        http.Response.ContentType = ApiJson.ContentType;
        http.Response.ContentLength = document.Length;
        if (HttpMethods.IsGet(http.Request.Method))
            await http.Response.Body.WriteAsync(document, http.RequestAborted);
    }
}
