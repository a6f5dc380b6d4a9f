using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Islet.Gateway.Secrets;

/// <summary>Makes the request to the host from the program's: the same target and fields, with secrets in the values.</summary>
static class OuterRequest
{
    /// <summary>Null: it is refused, with the answer to give.</summary>
    public static HttpRequestMessage? TryMake(HttpContext context, Upstream upstream, bool upgrade, out Refused refused)
    {
        refused = default;
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;

        // as it is: secrets are for headers, and a target that is put in order may be another one
        if (PathOf(target) is not { } path || path.AsSpan().ContainsAnyExceptInRange('!', '~') || path.Contains('#')
            || !Uri.TryCreate(upstream.Authority + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var uri))
        {
            refused = new(StatusCodes.Status400BadRequest, "The request target cannot be passed on.");
            return null;
        }

        var hasBody = !upgrade && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), uri)
        {
            Version = upstream.IsTls && !upgrade ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = upgrade ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
            Content = hasBody ? new RelayedBody(context.Request) : null,
        };
        if (TryFill(context.Request, request, upstream.Secrets, out refused))
        {
            if (upgrade)
            {
                request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
                request.Headers.TryAddWithoutValidation("Upgrade", context.Request.Headers.Upgrade.ToString());
            }

            return request;
        }

        request.Dispose();
        return null;
    }

    /// <summary>The part after the authority of any target form; null for <c>*</c>, which cannot be written behind one.</summary>
    static string? PathOf(string target)
    {
        if (target.StartsWith('/'))
            return target;
        var authority = target.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
            return null;
        var path = target.IndexOfAny(['/', '?'], authority + 3);
        if (path < 0)
            return "/";
        return target[path] == '/' ? target[path..] : $"/{target[path..]}";
    }

    static bool TryFill(HttpRequest from, HttpRequestMessage to, SecretHeaders secrets, out Refused refused)
    {
        refused = default;
        var total = 0;
        foreach (var (name, values) in from.Headers)
        {
            if (ConnectionFields.Drops(name, from.Headers.Connection))
                continue;

            // HTTP/2 may split cookies; in HTTP/1.1 they are one line (RFC 9113 section 8.2.3)
            string?[] filled = values.Count > 1 && name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase)
                ? [string.Join("; ", values.ToArray())]
                : [.. values];
            foreach (ref var value in filled.AsSpan())
            {
                if (RefusedValue(value ?? "", secrets, ref total, out var full) is { } no)
                {
                    refused = no;
                    return false;
                }

                value = full;
            }

            // a field of contents may stand in a request without a body
            if (!to.Headers.TryAddWithoutValidation(name, filled))
                (to.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, filled);
        }

        return true;
    }

    static Refused? RefusedValue(string value, SecretHeaders secrets, ref int total, out string filled)
    {
        filled = value;
        if (value.AsSpan().ContainsAny('\r', '\n', '\0'))
            return new(StatusCodes.Status400BadRequest, "A header's value has characters that none may have.");
        return secrets.Fill(value, ref total, out filled, out var unfit) switch
        {
            SecretHeaders.Filled.Whole => null,
            SecretHeaders.Filled.Unfit => new(StatusCodes.Status502BadGateway, $"The value of the secret {unfit} cannot stand in a header."),
            SecretHeaders.Filled.TooLong => new(StatusCodes.Status431RequestHeaderFieldsTooLarge, "The request's headers are too large once secrets are put in."),
        };
    }
}

/// <summary>An answer of the gateway's own.</summary>
readonly record struct Refused(int Status, string Text);
