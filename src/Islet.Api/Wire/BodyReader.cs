using Islet.Api.Retries;
using Islet.ControlPlane;
using Islet.ControlPlane.Assets;
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

    /// <summary>Levels of JSON that a tree of directories may have: two for each directory.</summary>
    public const int ManifestDepth = 128;

    /// <summary>Limit of a tree of names and hashes: a full deployment's with paths of five hundred bytes.</summary>
    public const int Manifest = 64 << 20;

    /// <summary>Limit of a form with files as they are and their <see cref="Manifest"/>.</summary>
    public const int Form = (int)AssetLimits.TotalSize + Manifest + (32 << 20);

    readonly string spool = options.Value.UploadDirectory;

    public Task<JsonBody> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation) =>
        ReadAsync(request, limit, static body => JsonTree.Parse(body), cancellation);

    /// <summary>A body that has trees of directories in it, to <see cref="ManifestDepth"/>.</summary>
    public Task<JsonBody> ReadManifestAsync(HttpRequest request, CancellationToken cancellation) =>
        ReadAsync(request, Manifest, static body => JsonTree.Parse(body, ManifestDepth), cancellation);

    /// <param name="depth">Levels of objects and arrays.</param>
    public Task<JsonBody> ReadAsync(HttpRequest request, int limit, int depth, CancellationToken cancellation) =>
        ReadAsync(request, limit, body => JsonTree.Parse(body, depth), cancellation);

    /// <summary>A body that is no JSON as a whole.</summary>
    public async Task<RequestBody> ReadRawAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(request, limit, spool, cancellation);
        try
        {
            await retries.EnterAsync(request.HttpContext, body.Bytes, cancellation);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Of a form; a repeated call is not known again, as answers to forms are streams that nobody keeps.</summary>
    public async Task<FormBody> ReadFormAsync(HttpRequest request, int maxParts, CancellationToken cancellation)
    {
        var boundary = MultipartForm.Boundary(request); // before a byte is taken
        var body = await RequestBody.ReadAsync(request, Form, spool, cancellation);
        try
        {
            return new(body, MultipartForm.Read(body.Bytes, boundary, maxParts));
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    async Task<JsonBody> ReadAsync(HttpRequest request, int limit, Func<ReadOnlyMemory<byte>, WireValue> parse, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(request, limit, spool, cancellation);
        try
        {
            var root = parse(body.Bytes);
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

/// <summary>A form in parts; they are valid until it is disposed.</summary>
sealed record FormBody(RequestBody Body, IReadOnlyList<FormPart> Parts) : IDisposable
{
    public void Dispose() => Body.Dispose();
}
