using System.Text;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Islet.Api.Wire;

/// <summary>One part of a form: its content stays in the body.</summary>
readonly record struct FormPart(string Name, ReadOnlyMemory<byte> Content);

/// <summary>multipart/form-data (RFC 7578) in a body that is all there. Parts are slices of it: a file of a gigabyte costs one.</summary>
static class MultipartForm
{
    const int MaxHeaders = 4 * 1024;
    const int MaxBoundary = 70; // RFC 2046, section 5.1.1

    /// <summary>What stands between the parts.</summary>
    public static byte[] Boundary(HttpRequest request)
    {
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundary, Value: { } boundary } && Ascii.IsValid(boundary))
            return Encoding.ASCII.GetBytes("\r\n--" + boundary);
        throw new WireException("Content-Type", $"must be multipart/form-data with a boundary of 1 to {MaxBoundary} characters");
    }

    public static List<FormPart> Read(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> boundary, int maxParts)
    {
        var parts = new List<FormPart>();
        if (!body.Span.StartsWith(boundary[2..]))
            throw Bad("does not begin with its boundary");
        var at = boundary.Length - 2;
        while (!body.Span[at..].StartsWith("--"u8))
        {
            if (parts.Count == maxParts)
                throw Bad($"has more than {maxParts} parts");
            if (!body.Span[at..].StartsWith("\r\n"u8))
                throw Bad("has a boundary that goes on");
            var headers = body.Span.Slice(at, Math.Min(body.Length - at, MaxHeaders));
            if (headers.IndexOf("\r\n\r\n"u8) is not (>= 0 and var headersEnd))
                throw Bad($"has a part whose headers do not end within {MaxHeaders} bytes");
            var content = at + headersEnd + 4;
            if (body.Span[content..].IndexOf(boundary) is not (>= 0 and var length))
                throw Bad("ends in the middle of a part");
            parts.Add(new(NameOf(headers[..headersEnd]), body.Slice(content, length)));
            at = content + length + boundary.Length;
        }
        return parts;
    }

    static string NameOf(ReadOnlySpan<byte> headers)
    {
        const string Disposition = "content-disposition:";
        foreach (var line in Encoding.Latin1.GetString(headers).Split("\r\n"))
            if (line.StartsWith(Disposition, StringComparison.OrdinalIgnoreCase)
                && ContentDispositionHeaderValue.TryParse(line[Disposition.Length..], out var disposition)
                && disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase)
                && HeaderUtilities.RemoveQuotes(disposition.Name) is { Length: > 0, Value: { } name })
                return name;
        throw Bad("has a part without the name of a field");
    }

    static WireException Bad(string problem) => new(new Refusal(RefusalCode.BadRequest, $"The form {problem}"));
}
