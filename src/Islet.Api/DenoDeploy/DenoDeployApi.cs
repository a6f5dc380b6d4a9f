using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

/// <summary>The Deno Deploy dialect, version 1: all its paths, the methods of each, and JSON for everything else below them.</summary>
static class DenoDeployApi
{
    static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AddEndpointFilter<RouteGroupBuilder, DenoDeployFilter>();
        OrganizationEndpoints.Map(group);
        ProjectEndpoints.Map(group);
        DeploymentEndpoints.Map(group);
        LogEndpoints.Map(group);
        MapOtherMethods(group);
        group.Map("/{**path}", DenoDeployErrors.NoRoute);
    }

    /// <summary>GET, and HEAD without the body.</summary>
    public static RouteHandlerBuilder MapRead(this RouteGroupBuilder group, string pattern, Delegate handler) =>
        group.MapMethods(pattern, Read, handler);

    /// <summary>At every path mapped so far: OPTIONS tells the methods, others are refused with them.</summary>
    static void MapOtherMethods(RouteGroupBuilder group)
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
                return HttpMethods.IsOptions(http.Request.Method) ? DenoDeployJson.Ok() : DenoDeployErrors.WrongMethod(http.Request.Method);
            });
        }
    }
}
