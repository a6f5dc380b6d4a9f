using System.Text;
using Microsoft.Net.Http.Headers;

namespace Islet.Edge.Forwarding;

/// <summary>The strings under which Kestrel knows frequent response fields, found by bytes without an allocation.</summary>
static class KnownNames
{
    const int Buckets = 256;

    static readonly string[]?[] Table = Build(
        HeaderNames.AcceptRanges, HeaderNames.AccessControlAllowCredentials, HeaderNames.AccessControlAllowHeaders,
        HeaderNames.AccessControlAllowMethods, HeaderNames.AccessControlAllowOrigin, HeaderNames.AccessControlExposeHeaders,
        HeaderNames.AccessControlMaxAge, HeaderNames.Age, HeaderNames.Allow, HeaderNames.AltSvc, HeaderNames.CacheControl,
        HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLocation,
        HeaderNames.ContentRange, HeaderNames.ContentSecurityPolicy, HeaderNames.ContentType, HeaderNames.ETag,
        HeaderNames.Expires, HeaderNames.LastModified, HeaderNames.Link, HeaderNames.Location, HeaderNames.Pragma,
        HeaderNames.RetryAfter, HeaderNames.SetCookie, HeaderNames.StrictTransportSecurity, HeaderNames.Vary,
        HeaderNames.WWWAuthenticate, HeaderNames.XContentTypeOptions, HeaderNames.XFrameOptions, HeaderNames.XPoweredBy,
        HeaderNames.SecWebSocketAccept, HeaderNames.SecWebSocketProtocol, HeaderNames.SecWebSocketExtensions);

    /// <summary>Null: not one of them. The name is not empty.</summary>
    public static string? Find(ReadOnlySpan<byte> name)
    {
        if (Table[Hash(name.Length, name[0], name[^1])] is not { } candidates)
            return null;
        foreach (var candidate in candidates)
        {
            if (Ascii.EqualsIgnoreCase(name, candidate))
                return candidate;
        }

        return null;
    }

    static string[]?[] Build(params ReadOnlySpan<string> names)
    {
        var table = new string[]?[Buckets];
        foreach (var name in names)
        {
            ref var bucket = ref table[Hash(name.Length, (byte)name[0], (byte)name[^1])];
            bucket = [.. bucket ?? [], name];
        }

        return table;
    }

    static int Hash(int length, byte first, byte last) => ((length * 31) + ((first | 0x20) * 7) + (last | 0x20)) & (Buckets - 1);
}
