using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Kv.Connect;

/// <summary>
/// <c>kv.islet.internal</c>: the same protocol inside slots. The database is that of the calling slot, whatever path or token
/// is sent; a token is only there because clients want one.
/// </summary>
public sealed class ServeSlots(ServeKv serve, TimeProvider time)
{
    public const string Host = "kv.islet.internal";
    public const int Port = 80;

    /// <summary>No secret: every program sees it, and it opens nothing.</summary>
    public const string Token = "isolate";

    /// <summary>Streams that one connection must be able to have: each watch is one for as long as it lasts, and other calls need some, too.</summary>
    public const int Streams = 640;

    static readonly TimeSpan TokenLife = TimeSpan.FromHours(1);

    public async Task RunAsync(HttpContext context)
    {
        var caller = context.Features.Get<SlotCaller>()!;
        if (KvPath.Parse(context.Request.Path.Value) is not { } path || !HttpMethods.IsPost(context.Request.Method))
        {
            await ServeKv.TellAsync(context, StatusCodes.Status404NotFound, "There is nothing here.");
            return;
        }
        if (caller.Database != path.Database)
        {
            await ServeKv.TellAsync(context, StatusCodes.Status404NotFound, "The database does not exist, or this deployment has another one.");
            return;
        }
        var grant = new KvGrant(path.Database, caller.Organization, caller.Project, MayWrite: true);
        if (path.Method is { } method)
            await serve.RunAsync(context, grant, method);
        else
            await ExchangeAsync(context, path.Database);
    }

    async Task ExchangeAsync(HttpContext context, Guid database)
    {
        try
        {
            var version = await MetadataExchange.AgreeAsync(context);
            await MetadataExchange.AnswerAsync(context, version, database, Token, time.GetUtcNow() + TokenLife);
        }
        catch (KvException refused)
        {
            await ServeKv.TellAsync(context, StatusCodes.Status400BadRequest, refused.Message);
        }
    }
}
