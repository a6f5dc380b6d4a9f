using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Islet.Edge.Forwarding;

/// <summary>Puts the isolate's checked fields into Kestrel's answer.</summary>
static class ResponseFields
{
    public static void Apply(ResponseHead head, ReadOnlySpan<byte> bytes, HttpResponse response)
    {
        response.StatusCode = head.Status;
        var headers = response.Headers;
        foreach (ref readonly var field in head.Fields)
        {
            if (!field.Dropped)
                Add(headers, bytes.Slice(field.NameStart, field.NameLength), bytes.Slice(field.ValueStart, field.ValueLength));
        }

        // The length of a HEAD or 304 is that of the answer there would have been; 204 has none.
        if (head.ContentLength >= 0 && head.Status != 204)
            headers.ContentLength = head.ContentLength;
    }

    /// <summary>HTTP/2 visitors get the trailers, others cannot take them from Kestrel. Fields of framing or routing never.</summary>
    public static void ApplyTrailer(ReadOnlySpan<byte> lines, IsolateLink link, HttpResponse response)
    {
        const int Prefix = 17;
        var bytes = new byte[Prefix + lines.Length + 2];
        "HTTP/1.1 200 OK\r\n"u8.CopyTo(bytes);
        lines.CopyTo(bytes.AsSpan(Prefix));
        "\r\n"u8.CopyTo(bytes.AsSpan(Prefix + lines.Length));
        var parsed = new ResponseHead();
        parsed.Parse(bytes);
        if (parsed.Chunked || parsed.ContentLength >= 0)
            throw new IsolateProtocolException("Framing in a trailer.");
        if (!response.SupportsTrailers())
            return;
        foreach (ref readonly var field in parsed.Fields)
        {
            if (!field.Dropped)
                response.AppendTrailer(Encoding.Latin1.GetString(bytes, field.NameStart, field.NameLength), Encoding.Latin1.GetString(bytes, field.ValueStart, field.ValueLength));
        }
    }

    static void Add(IHeaderDictionary headers, ReadOnlySpan<byte> nameBytes, ReadOnlySpan<byte> valueBytes)
    {
        var name = KnownStrings.Names.Find(nameBytes) ?? Encoding.Latin1.GetString(nameBytes);
        var value = KnownStrings.Values.Find(valueBytes) ?? Encoding.Latin1.GetString(valueBytes);
        headers[name] = headers.TryGetValue(name, out var present) ? StringValues.Concat(present, value) : value;
    }
}
