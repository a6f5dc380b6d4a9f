using Islet.Api.Wire;
using Islet.ControlPlane.Tokens;
using Islet.Kv;
using Islet.Kv.Connect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Connect;

using Databases = ControlPlane.Databases.Databases;

/// <summary>
/// KV Connect from outside, for <c>Deno.openKv(url)</c> and the npm client. It begins with an access token of Islet, which is
/// exchanged for one of the data path; errors are plain text that programs see.
/// </summary>
static class ConnectEndpoints
{
    const string Scheme = "Bearer ";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/databases/{databaseId:guid}/connect", ConnectAsync);
        routes.MapPost("/v2/databases/{databaseId:guid}/connect", ConnectAsync); // where the present Deno Deploy has it
        routes.MapPost("/databases/{databaseId:guid}/kv/v{version:range(1,3)}/{method}", ServeAsync);
    }

    static async Task ConnectAsync(Guid databaseId, HttpContext http, Surroundings around, Databases databases, DataTokens tokens)
    {
        if (around.Rates.RefuseAddress(http) is { } tooMany)
        {
            await TellAsync(http, StatusCodes.Status429TooManyRequests, tooMany.Message);
            return;
        }
        if (await around.Authenticate.RunAsync(Bearer(http), http.RequestAborted) is not { } caller)
        {
            await TellAsync(http, StatusCodes.Status401Unauthorized, "A valid access token is needed: set DENO_KV_ACCESS_TOKEN.");
            return;
        }
        if (around.Rates.Refuse(http, caller) is { } tooManyOfCaller)
        {
            await TellAsync(http, StatusCodes.Status429TooManyRequests, tooManyOfCaller.Message);
            return;
        }
        if (await databases.FindUseAsync(caller, databaseId, http.RequestAborted) is not { } use)
        {
            await TellAsync(http, StatusCodes.Status404NotFound, "The database does not exist or the token does not open it.");
            return;
        }
        try
        {
            var version = await MetadataExchange.AgreeAsync(http);
            var (token, expiresAt) = tokens.Make(new(databaseId, use.Organization, null, use.MayWrite));
            await MetadataExchange.AnswerAsync(http, version, databaseId, token, expiresAt);
        }
        catch (KvException refused)
        {
            await TellAsync(http, StatusCodes.Status400BadRequest, refused.Message);
        }
    }

    static Task ServeAsync(Guid databaseId, string method, HttpContext http, DataTokens tokens, ServeKv serve) =>
        tokens.Read(Bearer(http)) is { } grant && grant.Database == databaseId
            ? serve.RunAsync(http, grant, method)
            : TellAsync(http, StatusCodes.Status401Unauthorized, "The token of the data path is not valid any more: connect again.");

    static string Bearer(HttpContext http) =>
        http.Request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : "";

    static Task TellAsync(HttpContext http, int status, string text)
    {
        (http.Response.StatusCode, http.Response.ContentType) = (status, "text/plain; charset=utf-8");
        return http.Response.WriteAsync(text, http.RequestAborted);
    }
}
