using System.Buffers;
using System.Text.Json;
using Islet.Api.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Islet.Api.DenoDeploy;

/// <summary>
/// Sends entries as they come, in the form the client asked for: <c>Accept: application/x-ndjson</c> is an object a
/// line, anything else one JSON array. No blank line is ever sent: clients take it for the end.
/// </summary>
static class LogStream
{
    const string Ndjson = "application/x-ndjson";
    const int FlushBytes = 16 * 1024;

    public static bool WantsNdjson(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(static range => range.MediaType.Equals(Ndjson, StringComparison.OrdinalIgnoreCase) && range.Quality is not 0);

    /// <summary>Headers at once, then each entry by itself as soon as it is there.</summary>
    public static Task FollowAsync<T>(
        HttpContext http, IAsyncEnumerable<T> entries, Action<Utf8JsonWriter, T> write, CancellationToken cancellation) =>
        FollowAsync(http, entries, write, WantsNdjson(http.Request), cancellation);

    /// <summary>The same, for what is lines whatever the client accepts.</summary>
    public static Task FollowLinesAsync<T>(
        HttpContext http, IAsyncEnumerable<T> entries, Action<Utf8JsonWriter, T> write, CancellationToken cancellation) =>
        FollowAsync(http, entries, write, lines: true, cancellation);

    static async Task FollowAsync<T>(
        HttpContext http, IAsyncEnumerable<T> entries, Action<Utf8JsonWriter, T> write, bool lines, CancellationToken cancellation)
    {
        using var body = new Body<T>(http, write, lines);
        await body.BeginAsync(cancellation);
        if (HttpMethods.IsHead(http.Request.Method))
            return; // it does not wait for what it will not get
        await foreach (var entry in entries.WithCancellation(cancellation))
        {
            body.Add(entry);
            await body.FlushAsync(cancellation);
        }

        await body.EndAsync(cancellation);
    }

    /// <summary>Entries that are all there.</summary>
    public static async Task SendAsync<T>(
        HttpContext http, IReadOnlyList<T> entries, Action<Utf8JsonWriter, T> write, CancellationToken cancellation)
    {
        using var body = new Body<T>(http, write, WantsNdjson(http.Request));
        await body.BeginAsync(cancellation);
        foreach (var entry in entries)
        {
            body.Add(entry);
            if (body.Unflushed >= FlushBytes)
                await body.FlushAsync(cancellation);
        }

        await body.EndAsync(cancellation);
    }

    sealed class Body<T>(HttpContext http, Action<Utf8JsonWriter, T> write, bool lines) : IDisposable
    {
        readonly Utf8JsonWriter json = new(http.Response.BodyWriter, LogWire.Json);
        bool first = true;

        public long Unflushed { get; private set; }

        public async Task BeginAsync(CancellationToken cancellation)
        {
            // The type is compared as a whole by some clients: no charset.
            http.Response.Headers[HeaderNames.ContentType] = lines ? Ndjson : ApiJson.ContentType;
            http.Response.Headers[HeaderNames.CacheControl] = "no-store";
            http.Response.Headers["x-accel-buffering"] = "no"; // a proxy in front shall not gather the stream
            await http.Response.StartAsync(cancellation);
            if (!lines)
                http.Response.BodyWriter.Write("["u8);
            await FlushAsync(cancellation);
        }

        public void Add(T entry)
        {
            if (!lines && !first)
                http.Response.BodyWriter.Write(","u8);
            first = false;
            json.Reset();
            write(json, entry);
            json.Flush();
            Unflushed += json.BytesCommitted;
            if (lines)
                http.Response.BodyWriter.Write("\n"u8);
        }

        public async Task FlushAsync(CancellationToken cancellation)
        {
            Unflushed = 0;
            var sent = await http.Response.BodyWriter.FlushAsync(cancellation);
            if (sent.IsCompleted)
                throw new OperationCanceledException("The client is gone.");
        }

        public async Task EndAsync(CancellationToken cancellation)
        {
            if (!lines)
                http.Response.BodyWriter.Write("]"u8);
            await FlushAsync(cancellation);
        }

        public void Dispose() => json.Dispose();
    }
}
