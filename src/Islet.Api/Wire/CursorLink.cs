using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Primitives;

namespace Islet.Api.Wire;

/// <summary>The way to the next page of a log.</summary>
static class CursorLink
{
    /// <summary>
    /// CursorLinkHeader: this request with another cursor. Clients look for <c>rel="next"</c> right behind <c>&gt;; </c>.
    /// </summary>
    public static string Next(HttpRequest request, string cursor)
    {
        var query = new QueryBuilder(request.Query
            .Where(static pair => !string.Equals(pair.Key, "cursor", StringComparison.OrdinalIgnoreCase))
            .SelectMany(static pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? ""))))
        {
            { "cursor", cursor },
        };
        var url = UriHelper.BuildAbsolute(request.Scheme, request.Host, request.PathBase, request.Path, query.ToQueryString());
        return $"<{url}>; rel=\"next\"";
    }
}
