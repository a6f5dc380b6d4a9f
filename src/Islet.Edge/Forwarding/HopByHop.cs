using System.Text;

namespace Islet.Edge.Forwarding;

/// <summary>Fields that concern one connection or its framing (RFC 9110 section 7.6.1), and those only the edge may set.</summary>
static class HopByHop
{
    public enum Kind
    {
        EndToEnd,
        ContentLength,
        TransferEncoding,
        Connection,
        Upgrade,
        Drop,
    }

    /// <summary>Of a response's field.</summary>
    public static Kind Of(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when Is(name, "te"u8) => Kind.Drop,
        3 when Is(name, "via"u8) => Kind.Drop,
        4 when Is(name, "date"u8) => Kind.Drop,
        6 when Is(name, "server"u8) => Kind.Drop,
        7 when Is(name, "upgrade"u8) => Kind.Upgrade,
        7 when Is(name, "trailer"u8) => Kind.Drop,
        10 when Is(name, "connection"u8) => Kind.Connection,
        10 when Is(name, "keep-alive"u8) => Kind.Drop,
        10 when Is(name, "x-deno-ray"u8) => Kind.Drop,
        14 when Is(name, "content-length"u8) => Kind.ContentLength,
        16 when Is(name, "proxy-connection"u8) => Kind.Drop,
        17 when Is(name, "transfer-encoding"u8) => Kind.TransferEncoding,
        18 when Is(name, "proxy-authenticate"u8) => Kind.Drop,
        _ => Kind.EndToEnd,
    };

    /// <summary>
    /// A request's field that is not passed on: of one connection, made anew by the edge, or one by which a visitor
    /// would claim an address. <c>Expect</c> is answered by the edge, as soon as the body is wanted.
    /// </summary>
    public static bool DropsFromRequest(string name) => name.Length switch
    {
        2 => Is(name, "TE"),
        4 => Is(name, "Host"),
        6 => Is(name, "Expect"),
        7 => Is(name, "Upgrade") || Is(name, "Trailer"),
        9 => Is(name, "Forwarded") || Is(name, "X-Real-IP"),
        10 => Is(name, "Connection") || Is(name, "Keep-Alive"),
        14 => Is(name, "Content-Length") || Is(name, "HTTP2-Settings") || Is(name, "X-Islet-Client"),
        15 => Is(name, "X-Forwarded-For"),
        16 => Is(name, "X-Forwarded-Host") || Is(name, "X-Forwarded-Port") || Is(name, "Proxy-Connection"),
        17 => Is(name, "Transfer-Encoding") || Is(name, "X-Forwarded-Proto"),
        18 => Is(name, "X-Forwarded-Prefix") || Is(name, "X-Forwarded-Server"),
        19 => Is(name, "Proxy-Authorization"),
        _ => name.Length == 0 || name[0] == ':',
    };

    /// <summary>Whether a Connection field declares the name as one of this connection only.</summary>
    public static bool IsNamedBy(string connection, string name)
    {
        foreach (var range in connection.AsSpan().Split(','))
        {
            if (connection.AsSpan(range).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known) => Ascii.EqualsIgnoreCase(name, known);

    static bool Is(string name, string known) => name.Equals(known, StringComparison.OrdinalIgnoreCase);
}
