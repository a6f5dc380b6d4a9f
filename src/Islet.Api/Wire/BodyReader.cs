using Islet.Api.Retries;
using Islet.ControlPlane;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Islet.Api.Wire;

/// <summary>
/// Reads bodies as JSON whatever their content type says: clients that set none send text/plain. Each endpoint reads its
/// body before it does anything, so here a repeated call ends.
/// </summary>
sealed class BodyReader(IOptions<ControlPlaneOptions> options, RetryGuard retries)
{
    /// <summary>Limit of bodies with a few values, bytes: the longest of them with every character escaped.</summary>
    public const int Values = 256 << 10;

    /// <summary>Limit of bodies without assets, bytes.</summary>
    public const int Settings = 8 << 20;

    /// <summary>Limit of bodies with assets: a full deployment in base64 and half as much again for escapes.</summary>
    public const int Assets = 1_800_000_000;

    readonly string spool = options.Value.UploadDirectory;

    public async Task<JsonBody> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(request, limit, spool, cancellation);
        try
        {
            var root = JsonTree.Parse(body.Bytes);
            await retries.EnterAsync(request.HttpContext, body.Bytes, cancellation);
            return new(body, root);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }
}

/// <summary>A parsed body; what was read from it is valid until it is disposed.</summary>
sealed record JsonBody(RequestBody Body, WireValue Root) : IDisposable
{
    public void Dispose() => Body.Dispose();
}
