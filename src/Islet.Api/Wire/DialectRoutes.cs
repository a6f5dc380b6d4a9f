using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Wire;

/// <summary>How a dialect lays out its paths.</summary>
static class DialectRoutes
{
    static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>GET, and HEAD without the body.</summary>
    public static RouteHandlerBuilder MapRead(this RouteGroupBuilder group, string pattern, Delegate handler) =>
        group.MapMethods(pattern, Read, handler);

    /// <summary>
    /// To be called last. At every path mapped so far OPTIONS tells the methods and others are refused with them; every
    /// other path leads nowhere, in the dialect's form.
    /// </summary>
    public static void MapTheRest(this RouteGroupBuilder group, Func<string, IResult> wrongMethod, Func<IResult> noRoute)
    {
        var methodsByPattern = ((IEndpointRouteBuilder)group).DataSources
            .SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .ToLookup(endpoint => endpoint.RoutePattern.RawText!, endpoint => endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods);
        foreach (var methods in methodsByPattern)
        {
            var allow = string.Join(", ", methods.SelectMany(names => names).Append(HttpMethods.Options));
            group.Map(methods.Key, (HttpContext http) =>
            {
                http.Response.Headers.Allow = allow;
                return HttpMethods.IsOptions(http.Request.Method) ? ApiJson.Ok() : wrongMethod(http.Request.Method);
            });
        }
        group.Map("/{**path}", noRoute);
    }
}
