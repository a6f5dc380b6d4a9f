using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Islet.Api.Wire;
using Islet.ControlPlane.Audit;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Islet;

/// <summary>The audit log as a file, sent while it is read.</summary>
static class AuditExport
{
    const int FlushEvery = 200;

    static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    static readonly string[] Columns =
    [
        "id", "time", "userId", "actor", "tokenId", "tokenName", "operation", "targetKind", "targetId", "detail", "outcome", "address", "userAgent",
    ];

    public static Task SendLinesAsync(HttpContext http, IAsyncEnumerable<AuditEntry> entries, CancellationToken cancellation) =>
        SendAsync(http, "application/x-ndjson", "audit.ndjson", "", entries, Line, cancellation);

    /// <summary>RFC 4180, with a line of names.</summary>
    public static Task SendCsvAsync(HttpContext http, IAsyncEnumerable<AuditEntry> entries, CancellationToken cancellation) =>
        SendAsync(http, "text/csv", "audit.csv", Row(Columns), entries, Row, cancellation);

    /// <summary>
    /// What a spreadsheet would take for a formula gets an apostrophe before it, which it shows as text: names and user
    /// agents are written by those whom the log is about.
    /// </summary>
    internal static string Cell(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            text = "'" + text;
        return text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    static async Task SendAsync(
        HttpContext http, string type, string name, string head, IAsyncEnumerable<AuditEntry> entries, Func<AuditEntry, string> write, CancellationToken cancellation)
    {
        http.Response.ContentType = type;
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.StartAsync(cancellation);
        if (HttpMethods.IsHead(http.Request.Method))
            return;
        var body = http.Response.BodyWriter;
        Encoding.UTF8.GetBytes(head, body);
        var unflushed = 0;
        await foreach (var entry in entries.WithCancellation(cancellation))
        {
            Encoding.UTF8.GetBytes(write(entry), body);
            if (++unflushed < FlushEvery)
                continue;
            unflushed = 0;
            if ((await body.FlushAsync(cancellation)).IsCompleted)
                return; // the client is gone
        }
        await body.FlushAsync(cancellation);
    }

    static string Line(AuditEntry entry) => JsonSerializer.Serialize(AuditWire.Of(entry), ApiJson.Options) + "\n";

    static string Row(AuditEntry entry) => Row(
    [
        entry.Id.ToString(CultureInfo.InvariantCulture), Rfc3339.Format(entry.Time), entry.UserId.ToString(), entry.Actor, entry.TokenId.ToString("D"),
        entry.TokenName, entry.Operation, entry.TargetKind, entry.TargetId, entry.Detail, entry.Outcome, entry.Address, entry.Agent,
    ]);

    static string Row(IEnumerable<string> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";
}
