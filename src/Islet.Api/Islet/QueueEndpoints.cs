using System.Buffers;
using System.Text.Json;
using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Databases;
using Islet.Kv.Engine;
using Islet.Kv.Queues;
using Islet.Kv.Values;
using Islet.Kv.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// What waits in the queue of a KV database.
/// <code>
///   GET  …/queue   200  { "undelivered", "due", "nextDueAt", "listeners", "running", "deadLetters": [ { "at", "tries", "value": {…} } ] }
/// </code>
/// <c>due</c> are those that could be handled now; messages that are being handled are due again when their lease ends.
/// <c>listeners</c> and <c>running</c> are of the server that answers. Dead letters are messages that no try delivered, the newest 100, whether
/// their sender named keys for them or not.
/// </summary>
static class QueueEndpoints
{
    public static void Map(RouteGroupBuilder group) => group.MapRead("/databases/{databaseId}/queue", Get)
        .Describe("get_queue", "database", "Get what waits in the queue of a KV database").Answers("Queue");

    static async Task<IResult> Get(string databaseId, HttpContext http, DatabaseAccess access, KvDatabases databases, CancellationToken cancellation)
    {
        if ((await EntryEndpoints.GrantAsync(access, http, databaseId, toChange: false)).IsRefused(out var refusal, out var grant))
            return IsletErrors.Refused(refusal);
        using var use = await databases.OpenAsync(grant.Database, cancellation);
        return new JsonAnswer(StatusCodes.Status200OK, Write(await use.Database.QueueStateAsync(cancellation)), Link: null);
    }

    static byte[] Write(QueueState state)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body, LogWire.Json);
        json.WriteStartObject();
        json.WriteNumber("undelivered", state.Undelivered);
        json.WriteNumber("due", state.Due);
        json.WritePropertyName("nextDueAt");
        if (state.NextDue is { } next)
            json.WriteStringValue(Time(next));
        else
            json.WriteNullValue();
        json.WriteNumber("listeners", state.Listeners);
        json.WriteNumber("running", state.Running);
        json.WriteStartArray("deadLetters");
        foreach (var letter in state.Letters)
        {
            json.WriteStartObject();
            json.WriteString("at", Time(letter.At));
            json.WriteNumber("tries", letter.Tries);
            json.WritePropertyName("value");
            KvValueJson.Write(json, KvEncoding.V8, letter.Payload.Span);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenSpan.ToArray();
    }

    static string Time(long milliseconds) => Rfc3339.Format(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
