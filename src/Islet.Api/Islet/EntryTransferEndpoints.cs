using System.Buffers;
using System.Text.Json;
using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Databases;
using Islet.Contracts;
using Islet.Kv;
using Islet.Kv.Browsing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Islet.Api.Islet;

/// <summary>
/// Entries of a KV database as a file, an object a line, which leads back to them.
/// <code>
///   GET   …/entries/export?prefix   200  {"key":["users",1],"value":{"type":"json","value":…},"versionstamp":"…"}⏎ …
///   POST  …/entries/import          such lines  →  200  { "imported": 1200 }
/// </code>
/// An export is the database at one moment. An import is read as a whole before anything is written, so a line that is
/// wrong, which is named by its number, changes nothing; then it is written in the order of its lines, some hundred of them a
/// commit. Imported again it is the same. <c>versionstamp</c> is not read back. <c>expireAt</c>, an RFC 3339 time, tells when
/// an entry expires.
/// </summary>
static class EntryTransferEndpoints
{
    const string Ndjson = "application/x-ndjson";
    const int FlushBytes = 64 * 1024;

    static readonly TimeSpan LongestExport = TimeSpan.FromHours(1);

    /// <summary>Of an import, bytes.</summary>
    const int MaxImport = 1 << 30;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/databases/{databaseId}/entries/export", Export)
            .Describe("export_entries", "database", "Export entries of a KV database").AnswersLines("EntryLine")
            .Asks("prefix", Schemas.Text().Nullable(), "The parts that keys begin with, as JSON; all, if it is left out")
            .Says("An object a line: the database as it is at one moment. One export of an organization at a time.").Fails(503);
        group.MapPost("/databases/{databaseId}/entries/import", Import)
            .Describe("import_entries", "database", "Import entries into a KV database").TakesLines("EntryLine", """{ "key": ["users", 1], "value": { "type": "json", "value": { "name": "Ada" } } }""").Answers<ImportedWire>()
            .Says($"An object a line, at most {MaxImport} bytes. Nothing is written when a line is wrong.").Fails(403);
    }

    static async Task<IResult> Export(
        string databaseId, HttpContext http, DatabaseAccess access, Entries entries, IOptions<ControlPlaneOptions> options, CancellationToken cancellation)
    {
        if ((await EntryEndpoints.GrantAsync(access, http, databaseId, toChange: false)).IsRefused(out var refusal, out var grant))
            return IsletErrors.Refused(refusal);
        var range = EntryQuery.ReadPrefix(http.Request.Query)?.Range ?? EntryRange.Below([]);
        if (HttpMethods.IsHead(http.Request.Method))
        {
            Begin(http, grant.Database);
            return Results.Empty;
        }
        try
        {
            using var copy = await entries.CopyAsync(grant, range, options.Value.UploadDirectory, cancellation);
            if (copy is null)
                return IsletErrors.Refused(new(RefusalCode.Busy, "Another export is under way: ask again when it is over") { RetryAfter = TimeSpan.FromSeconds(10) });
            Begin(http, grant.Database);
            await SendAsync(http, copy, cancellation);
            return Results.Empty;
        }
        catch (KvException tooLarge)
        {
            return IsletErrors.Refused(new(RefusalCode.BadRequest, tooLarge.Message, "prefix"));
        }
    }

    static void Begin(HttpContext http, Guid database)
    {
        http.Response.ContentType = Ndjson;
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{database:D}.ndjson\"";
        http.Response.Headers.CacheControl = "no-store";
    }

    /// <summary>Who takes longer is cut off: others wait for the room on the disk.</summary>
    static async Task SendAsync(HttpContext http, EntryFile copy, CancellationToken gone)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(gone);
        time.CancelAfter(LongestExport);
        try
        {
            await SendLinesAsync(http, copy, time.Token);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            http.Abort();
        }
    }

    static async Task SendLinesAsync(HttpContext http, EntryFile copy, CancellationToken cancellation)
    {
        var body = http.Response.BodyWriter;
        using var json = new Utf8JsonWriter(body, LogWire.Json);
        var unsent = 0L;
        foreach (var entry in copy.Read())
        {
            json.Reset();
            EntryJson.Write(json, entry, display: false);
            json.Flush();
            body.Write("\n"u8);
            unsent += json.BytesCommitted;
            if (unsent < FlushBytes)
                continue;
            unsent = 0;
            if ((await body.FlushAsync(cancellation)).IsCompleted)
                return; // the client is gone
        }
        await body.FlushAsync(cancellation);
    }

    static async Task<IResult> Import(
        string databaseId, HttpContext http, DatabaseAccess access, Entries entries, BodyReader bodies, CancellationToken cancellation)
    {
        if ((await EntryEndpoints.GrantAsync(access, http, databaseId, toChange: true)).IsRefused(out var refusal, out var grant))
            return IsletErrors.Refused(refusal);
        using var body = await bodies.ReadRawAsync(http.Request, MaxImport, cancellation);
        var lines = new EntryLines(body.Bytes);
        if (lines.Check() == 0)
            throw new WireException(new Refusal(RefusalCode.BadRequest, "The body must have a line of JSON for each entry, but it has none"));
        var imported = 0;
        try
        {
            foreach (var mutations in lines.Batches())
            {
                await entries.WriteAsync(grant, [], mutations, cancellation);
                imported += mutations.Length;
            }
        }
        catch (KvException full)
        {
            throw new WireException(new Refusal(RefusalCode.BadRequest, $"{full.Message} {imported} entries are imported."));
        }
        finally
        {
            if (imported > 0)
                await EntryEndpoints.RecordAsync(access, http, grant, "entries.import", $"{imported} entries");
        }
        return ApiJson.Ok(new ImportedWire(imported));
    }

    [Component("ImportedEntries")]
    sealed record ImportedWire(int Imported);
}
