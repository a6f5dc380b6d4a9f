using System.Globalization;
using System.Text.Json;
using Islet.Kv.Wire;
using Microsoft.AspNetCore.Http;

namespace Islet.Kv.Connect;

/// <summary>The first call of a client: which version both speak, where the data path is, and a token for it.</summary>
public static class MetadataExchange
{
    const int MaxBody = 4096;

    /// <summary>Highest first.</summary>
    static readonly int[] Versions = [3, 2, 1];

    /// <exception cref="KvException">No version that both know, or no valid body.</exception>
    public static async Task<int> AgreeAsync(HttpContext context)
    {
        using var body = await CallBody.ReadAsync(context.Request, MaxBody, context.RequestAborted);
        if (body.Bytes.IsEmpty)
            return 1; // clients of version 1 send nothing
        try
        {
            using var json = JsonDocument.Parse(body.Bytes);
            var offered = json.RootElement.GetProperty("supportedVersions").EnumerateArray().Select(version => version.GetInt32()).ToHashSet();
            var agreed = Array.Find(Versions, offered.Contains);
            return agreed != 0 ? agreed : throw new KvException("None of the versions of KV Connect that the client supports is supported here: 1, 2, 3.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new KvException("The body must be JSON with supportedVersions, a list of integers.");
        }
    }

    /// <summary>Exactly the members that strict clients know; and the content type without a charset, which they compare as text.</summary>
    public static async Task AnswerAsync(HttpContext context, int version, Guid database, string token, DateTimeOffset expiresAt)
    {
        var path = $"/databases/{database:D}/kv/v{version}";
        var url = version == 1 ? $"{context.Request.Scheme}://{context.Request.Host}{path}" : path;
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteNumber("version", version);
        json.WriteString("databaseId", database.ToString("D", CultureInfo.InvariantCulture));
        json.WriteStartArray("endpoints");
        json.WriteStartObject();
        json.WriteString("url", url);
        json.WriteString("consistency", "strong");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("token", token);
        json.WriteString("expiresAt", expiresAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
