using System.Text;
using Microsoft.Net.Http.Headers;

namespace Islet.Edge.Forwarding;

/// <summary>Frequent strings of response heads, found by their bytes without an allocation.</summary>
sealed class KnownStrings
{
    const int Buckets = 256;

    /// <summary>Field names as Kestrel knows them; letter case does not matter.</summary>
    public static readonly KnownStrings Names = new(ignoreCase: true,
        HeaderNames.AcceptRanges, HeaderNames.AccessControlAllowCredentials, HeaderNames.AccessControlAllowHeaders,
        HeaderNames.AccessControlAllowMethods, HeaderNames.AccessControlAllowOrigin, HeaderNames.AccessControlExposeHeaders,
        HeaderNames.AccessControlMaxAge, HeaderNames.Age, HeaderNames.Allow, HeaderNames.AltSvc, HeaderNames.CacheControl,
        HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLocation,
        HeaderNames.ContentRange, HeaderNames.ContentSecurityPolicy, HeaderNames.ContentType, HeaderNames.ETag,
        HeaderNames.Expires, HeaderNames.LastModified, HeaderNames.Link, HeaderNames.Location, HeaderNames.Pragma,
        HeaderNames.RetryAfter, HeaderNames.SetCookie, HeaderNames.StrictTransportSecurity, HeaderNames.Vary,
        HeaderNames.WWWAuthenticate, HeaderNames.XContentTypeOptions, HeaderNames.XFrameOptions, HeaderNames.XPoweredBy,
        HeaderNames.SecWebSocketAccept, HeaderNames.SecWebSocketProtocol, HeaderNames.SecWebSocketExtensions);

    /// <summary>Field values, as the runtime and common frameworks write them.</summary>
    public static readonly KnownStrings Values = new(ignoreCase: false,
        "text/plain", "text/plain;charset=UTF-8", "text/plain; charset=UTF-8", "text/plain; charset=utf-8", "text/html",
        "text/html;charset=UTF-8", "text/html; charset=UTF-8", "text/html; charset=utf-8", "application/json",
        "application/json; charset=UTF-8", "application/json; charset=utf-8", "text/css", "text/css; charset=UTF-8",
        "text/javascript", "text/javascript; charset=UTF-8", "application/javascript", "application/octet-stream", "image/png",
        "image/jpeg", "image/svg+xml", "image/webp", "text/event-stream", "Accept-Encoding", "Origin", "gzip", "br", "bytes",
        "no-cache", "no-store", "*", "nosniff", "true");

    readonly string[]?[] table = new string[]?[Buckets];
    readonly bool ignoreCase;

    KnownStrings(bool ignoreCase, params ReadOnlySpan<string> strings)
    {
        this.ignoreCase = ignoreCase;
        foreach (var known in strings)
        {
            ref var bucket = ref table[Hash(known.Length, (byte)known[0], (byte)known[^1])];
            bucket = [.. bucket ?? [], known];
        }
    }

    /// <summary>Null: not one of them.</summary>
    public string? Find(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || table[Hash(bytes.Length, bytes[0], bytes[^1])] is not { } candidates)
            return null;
        foreach (var candidate in candidates)
        {
            if (ignoreCase ? Ascii.EqualsIgnoreCase(bytes, candidate) : Ascii.Equals(bytes, candidate))
                return candidate;
        }

        return null;
    }

    static int Hash(int length, byte first, byte last) => ((length * 31) + ((first | 0x20) * 7) + (last | 0x20)) & (Buckets - 1);
}
