using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Databases;
using Islet.Contracts;
using Islet.Kv;
using Islet.Kv.Browsing;
using Islet.Kv.Connect;
using Islet.Kv.Engine;
using Islet.Kv.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// What a KV database contains. Keys in the query are JSON, such as <c>key=["users",1]</c>.
/// <code>
///   GET     …/entries?prefix&amp;start&amp;end&amp;order&amp;limit&amp;cursor   200  [ { "key": ["users",1], "value": { "type": "json", "value": … }, "versionstamp", "expireAt" } ]   Link: rel="next"
///   DELETE  …/entries?prefix=["users"]               200  { "deleted": 12, "hasMore": false }
///   GET     …/entry?key=["users",1]                  200  one of them
///   PUT     …/entry?key   { "value": {…}, "expireAt": "…", "versionstamp": "…" }   →  200  { "versionstamp" }
///   DELETE  …/entry?key&amp;versionstamp                 200  null
/// </code>
/// Forms of keys: <see cref="Kv.Keys.KvKeyJson"/>; of values: <see cref="Kv.Values.KvValueJson"/>. A prefix does not contain the key that is equal to
/// it, as in <c>kv.list</c>; <c>[]</c> is everything. With a <c>versionstamp</c> a change is made only when the entry has it,
/// null: when there is none; else 409. One call deletes 10 000 entries at most: call again while there are others.
/// </summary>
static class EntryEndpoints
{
    const string Tag = "database";
    const string KeyForm = "The key as JSON: an array of strings, numbers, booleans, {\"bigint\":\"12\"} and {\"bytes\":\"base64\"}, or {\"raw\":\"base64\"}";

    /// <summary>An answer with what is shown for the eyes is cut here, bytes; the rest is on the next page.</summary>
    const int AnswerBytes = 4 << 20;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/databases/{databaseId}/entries", List)
            .Describe("list_entries", Tag, "List entries of a KV database").AnswersMany("Entry")
            .Asks("prefix", Schemas.Text().Nullable(), "The parts that keys begin with, as JSON; the key that has no others is not among them")
            .Asks("start", Schemas.Text().Nullable(), "The first key, as JSON")
            .Asks("end", Schemas.Text().Nullable(), "The key before which the list ends, as JSON")
            .Asks("order", Schemas.Text().Nullable(), "asc, which is the default, or desc")
            .Asks("limit", Schemas.Integer(minimum: 1, maximum: 1000).Nullable().Default(100), "The most entries of an answer, which has fewer when they are large")
            .Asks("cursor", Schemas.Text().Nullable(), "Of the Link header of the answer before")
            .Links("CursorLinkHeader");
        group.MapDelete("/databases/{databaseId}/entries", DeleteMany)
            .Describe("delete_entries", Tag, "Delete entries of a KV database").Answers<DeletedWire>()
            .Asks("prefix", Schemas.Text().Like("""["users"]"""), "The parts that keys begin with, as JSON; [] is everything", required: true)
            .Says($"At most {Entries.MostDeleted} of them: call again while there are others.").Fails(403);
        group.MapRead("/databases/{databaseId}/entry", Get)
            .Describe("get_entry", Tag, "Get an entry of a KV database").Answers("Entry")
            .Asks("key", Schemas.Text().Like("""["users",1]"""), KeyForm, required: true);
        group.MapPut("/databases/{databaseId}/entry", Put)
            .Describe("put_entry", Tag, "Make or replace an entry of a KV database").Takes("PutEntryRequest", """{ "value": { "type": "json", "value": { "name": "Ada" } } }""").Answers<WrittenWire>()
            .Asks("key", Schemas.Text().Like("""["users",1]"""), KeyForm, required: true)
            .Says("With a versionstamp only if the entry has it; null: if there is none.").Fails(403, 409);
        group.MapDelete("/databases/{databaseId}/entry", Delete)
            .Describe("delete_entry", Tag, "Delete an entry of a KV database")
            .Asks("key", Schemas.Text().Like("""["users",1]"""), KeyForm, required: true)
            .Asks("versionstamp", Schemas.Text().Nullable(), "Only if the entry has it").Fails(403, 409);
    }

    static async Task<IResult> List(string databaseId, HttpContext http, DatabaseAccess access, Entries entries, CancellationToken cancellation)
    {
        if ((await GrantAsync(access, http, databaseId, toChange: false)).IsRefused(out var refusal, out var grant))
            return IsletErrors.Refused(refusal);
        var query = EntryQuery.Read(http.Request.Query);
        var page = await entries.ListAsync(grant, query.Range, query.Descending, query.Limit, cancellation);
        var (body, last) = Write(page.Entries);
        var hasMore = page.HasMore || last < page.Entries.Count - 1;
        return new JsonAnswer(StatusCodes.Status200OK, body, hasMore ? CursorLink.Next(http.Request, EntryQuery.CursorOf(page.Entries[last].Key.Span)) : null);
    }

    static async Task<IResult> DeleteMany(string databaseId, HttpContext http, DatabaseAccess access, Entries entries, CancellationToken cancellation)
    {
        if ((await GrantAsync(access, http, databaseId, toChange: true)).IsRefused(out var refusal, out var grant))
            return IsletErrors.Refused(refusal);
        var (range, prefix) = EntryQuery.ReadPrefix(http.Request.Query) ?? throw new WireException("prefix", "is missing; [] is everything");
        var (deleted, hasMore) = await entries.DeleteAsync(grant, range, cancellation);
        await RecordAsync(access, http, grant, "entries.delete", string.Create(CultureInfo.InvariantCulture, $"{deleted} below {prefix}"));
        return ApiJson.Ok(new DeletedWire(deleted, hasMore));
    }

    static async Task<IResult> Get(string databaseId, HttpContext http, DatabaseAccess access, Entries entries, CancellationToken cancellation)
    {
        if ((await GrantAsync(access, http, databaseId, toChange: false)).IsRefused(out var refusal, out var grant))
            return IsletErrors.Refused(refusal);
        var (key, name) = EntryQuery.ReadKey(http.Request.Query);
        return await entries.FindAsync(grant, key, cancellation) is { } entry
            ? new JsonAnswer(StatusCodes.Status200OK, Write(entry), Link: null)
            : IsletErrors.Refused(new(RefusalCode.EntryNotFound, $"There is no entry {name}"));
    }

    static async Task<IResult> Put(string databaseId, HttpContext http, DatabaseAccess access, Entries entries, BodyReader bodies, CancellationToken cancellation)
    {
        PutEntry request;
        using (var body = await bodies.ReadAsync(http.Request, PutEntry.MaxBody, PutEntry.MaxDepth, cancellation))
            request = PutEntry.Read(body.Root);
        if ((await GrantAsync(access, http, databaseId, toChange: true)).IsRefused(out var refusal, out var grant))
            return IsletErrors.Refused(refusal);
        var (key, name) = EntryQuery.ReadKey(http.Request.Query);
        var set = new Mutation(MutationKind.Set, key, request.Value, request.Encoding, request.ExpireAt);
        return await ChangeAsync(access, entries, http, grant, request.Checks(key), set, "entry.put", name, cancellation) is { } written
            ? ApiJson.Ok(new WrittenWire(EntryJson.Stamp(written.Version)))
            : Changed(name);
    }

    static async Task<IResult> Delete(string databaseId, HttpContext http, DatabaseAccess access, Entries entries, CancellationToken cancellation)
    {
        if ((await GrantAsync(access, http, databaseId, toChange: true)).IsRefused(out var refusal, out var grant))
            return IsletErrors.Refused(refusal);
        var (key, name) = EntryQuery.ReadKey(http.Request.Query);
        Check[] checks = EntryQuery.ReadStamp(http.Request.Query) is { } version ? [new(key, version)] : [];
        var delete = new Mutation(MutationKind.Delete, key, default, default, 0);
        return await ChangeAsync(access, entries, http, grant, checks, delete, "entry.delete", name, cancellation) is null ? Changed(name) : ApiJson.Ok();
    }

    /// <summary>Null: a check failed.</summary>
    static async Task<CommitResult?> ChangeAsync(
        DatabaseAccess access, Entries entries, HttpContext http, KvGrant grant, Check[] checks, Mutation mutation, string operation, string name,
        CancellationToken cancellation)
    {
        CommitResult result;
        try
        {
            result = await entries.WriteAsync(grant, checks, [mutation], cancellation);
        }
        catch (KvException refused)
        {
            throw new WireException(new Refusal(RefusalCode.BadRequest, refused.Message));
        }
        if (result.FailedChecks is not null)
            return null;
        await RecordAsync(access, http, grant, operation, name);
        return result;
    }

    internal static async Task<Outcome<KvGrant>> GrantAsync(DatabaseAccess access, HttpContext http, string databaseId, bool toChange)
    {
        var id = PathIds.Uuid(databaseId, nameof(databaseId));
        return (await access.FindAsync(http.Caller(), id, toChange, http.RequestAborted)).IsRefused(out var refusal, out var organization)
            ? refusal
            : new KvGrant(id, organization, Project: null, MayWrite: toChange);
    }

    /// <summary>What was done is told, whether the client is still there or not.</summary>
    internal static Task RecordAsync(DatabaseAccess access, HttpContext http, KvGrant grant, string operation, string detail) =>
        access.RecordAsync(http.Caller(), grant.Organization, grant.Database, operation, detail, CancellationToken.None);

    static IResult Changed(string name) => IsletErrors.Refused(new(RefusalCode.Conflict, $"The entry {name} has another versionstamp: look at it again", "versionstamp"));

    /// <summary>An array, and the index of the last entry in it.</summary>
    static (byte[] Body, int Last) Write(IReadOnlyList<KvEntry> entries)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body, LogWire.Json);
        var last = -1;
        json.WriteStartArray();
        while (last + 1 < entries.Count && json.BytesCommitted + json.BytesPending < AnswerBytes)
            EntryJson.Write(json, entries[++last], display: true);
        json.WriteEndArray();
        json.Flush();
        return (body.WrittenSpan.ToArray(), last);
    }

    static byte[] Write(KvEntry entry)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body, LogWire.Json);
        EntryJson.Write(json, entry, display: true);
        json.Flush();
        return body.WrittenSpan.ToArray();
    }

    [Component("DeletedEntries")]
    sealed record DeletedWire(int Deleted, bool HasMore);

    [Component("WrittenEntry")]
    sealed record WrittenWire(string Versionstamp);
}
