using System.Buffers;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Islet.Edge.Forwarding;

/// <summary>
/// Writes a request's head into the link's buffer: <c>METHOD scheme://host/path HTTP/1.1</c>, the visitor's fields less
/// those of its connection, the visitor's address, and the framing made anew.
/// </summary>
ref struct RequestHead(IsolateLink link)
{
    static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    static readonly SearchValues<char> LineBreaks = SearchValues.Create("\r\n\0");

    int length;

    /// <summary>
    /// Bytes written, or -1: the request holds a character that Kestrel let pass and that would change how it is read.
    /// </summary>
    public static int Write(IsolateLink link, HttpContext context, bool upgrade, bool hasBody, long? contentLength)
    {
        var head = new RequestHead(link);
        return head.TryWriteRequestLine(context) && head.TryWriteFields(context.Request, upgrade)
            ? head.Finish(context, upgrade, hasBody, contentLength)
            : -1;
    }

    bool TryWriteRequestLine(HttpContext context)
    {
        var request = context.Request;
        var target = PathOf(context.Features.Get<IHttpRequestFeature>()!.RawTarget);
        if (target.ContainsAnyExceptInRange('!', '~') || target.Contains('#') || request.Method.AsSpan().ContainsAnyExcept(TokenChars))
            return false;

        var host = request.Host.Value!;
        Append(request.Method);
        Append(request.IsHttps ? " https://"u8 : " http://"u8);
        Append(host);
        Append(target);
        Append(" HTTP/1.1\r\nhost: "u8);
        Append(host);
        Append("\r\n"u8);
        return true;
    }

    /// <summary>The part after the authority of any target form; empty for <c>OPTIONS *</c> (RFC 9112 section 3.2.4).</summary>
    static ReadOnlySpan<char> PathOf(string target)
    {
        if (target.Length > 0 && target[0] == '/')
            return target;
        var authority = target.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
            return default;
        var rest = target.AsSpan(authority + 3);
        var path = rest.IndexOfAny('/', '?');
        return path < 0 ? default : rest[path..];
    }

    bool TryWriteFields(HttpRequest request, bool upgrade)
    {
        var connection = request.Headers.Connection;
        foreach (var (name, values) in request.Headers)
        {
            if (HopByHop.DropsFromRequest(name) || (connection.Count > 0 && IsNamedBy(connection, name)))
                continue;
            if (name.AsSpan().ContainsAnyExcept(TokenChars))
                return false;
            if (values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                // HTTP/2 may split cookies; in HTTP/1.1 they are one line (RFC 9113 section 8.2.3)
                if (!TryWriteField(name, string.Join("; ", values.ToArray())))
                    return false;
                continue;
            }

            for (var i = 0; i < values.Count; i++)
            {
                if (!TryWriteField(name, values[i] ?? ""))
                    return false;
            }
        }

        if (upgrade)
            Append("connection: upgrade\r\nupgrade: websocket\r\n"u8);
        return true;
    }

    static bool IsNamedBy(in Microsoft.Extensions.Primitives.StringValues connection, string name)
    {
        for (var i = 0; i < connection.Count; i++)
        {
            // the common answers, without a split
            if (connection[i] is { } options && options is not ("keep-alive" or "close" or "Upgrade") && HopByHop.IsNamedBy(options, name))
                return true;
        }

        return false;
    }

    bool TryWriteField(string name, string value)
    {
        if (value.AsSpan().ContainsAny(LineBreaks))
            return false;
        Append(name);
        Append(": "u8);
        Append(value);
        Append("\r\n"u8);
        return true;
    }

    int Finish(HttpContext context, bool upgrade, bool hasBody, long? contentLength)
    {
        var connection = context.Connection;
        var address = connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : connection.RemoteIpAddress ?? IPAddress.None;
        var v6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        Append("x-forwarded-for: "u8);
        Append(address);
        Append(v6 ? "\r\nx-islet-client: ["u8 : "\r\nx-islet-client: "u8);
        Append(address);
        Append(v6 ? "]:"u8 : ":"u8);
        Append(connection.RemotePort);
        Append(context.Request.IsHttps ? "\r\nx-forwarded-proto: https\r\n"u8 : "\r\nx-forwarded-proto: http\r\n"u8);

        if (contentLength is { } size)
        {
            Append("content-length: "u8);
            Append(size);
            Append("\r\n"u8);
        }
        else if (hasBody && !upgrade)
        {
            Append("transfer-encoding: chunked\r\n"u8);
        }

        Append("\r\n"u8);
        return length;
    }

    void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        length += bytes.Length;
    }

    void Append(ReadOnlySpan<char> latin1) => length += Encoding.Latin1.GetBytes(latin1, Room(latin1.Length));

    void Append<T>(T value)
        where T : IUtf8SpanFormattable
    {
        value.TryFormat(Room(64), out var written, default, null);
        length += written;
    }

    readonly Span<byte> Room(int more)
    {
        if (link.SendBuffer.Length - length < more)
            link.GrowSendBuffer(length, more);
        return link.SendBuffer.AsSpan(length);
    }
}
