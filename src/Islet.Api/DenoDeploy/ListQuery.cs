using System.Globalization;
using System.Text;
using Islet.Api.Wire;
using Islet.ControlPlane;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Islet.Api.DenoDeploy;

/// <summary>Query of a list call. A parameter that is there but empty means its default: the official client writes null so.</summary>
/// <param name="Sort">One of the names the list knows.</param>
sealed record ListQuery(Page Page, string? Search, string Sort, bool Descending)
{
    const int MaxLimit = 100;
    const int MaxSearch = 200;

    public static ListQuery Read(HttpRequest request, string defaultSort, params ReadOnlySpan<string> otherSorts)
    {
        var page = Number(request, "page", 1, int.MaxValue);
        var limit = Number(request, "limit", 20, MaxLimit);
        var search = Single(request, "q");
        if (search?.Length > MaxSearch)
            throw new WireException("q", $"must not have more than {MaxSearch} characters");
        var sort = Single(request, "sort") ?? defaultSort;
        if (sort != defaultSort && !otherSorts.Contains(sort))
            throw new WireException("sort", $"must be one of {string.Join(", ", [defaultSort, .. otherSorts])}");
        var descending = Single(request, "order") switch
        {
            null or "asc" => false,
            "desc" => true,
            _ => throw new WireException("order", "must be asc or desc"),
        };
        return new(new(page, limit), search, sort, descending);
    }

    /// <summary>
    /// Value of <c>Link</c> (RFC 8288): only the relations that exist, absolute, with the query as it came but for the page.
    /// The last page of a search that finds too many to be counted is not told.
    /// </summary>
    public string? Links<T>(HttpRequest request, Listing<T> listing)
    {
        var total = listing.Total;
        var last = Math.Max(1, (int)(((long)total + Page.Limit - 1) / Page.Limit));
        if (Page.Number == 1 && last == 1)
            return null;
        var links = new StringBuilder();
        if (Page.Number < last)
            Append("next", Page.Number + 1);
        if (Page.Number > 1)
            Append("prev", Math.Min(Page.Number - 1, last));
        Append("first", 1);
        if (!listing.HasMore)
            Append("last", last);
        return links.ToString();

        void Append(string relation, int page)
        {
            var query = new QueryBuilder();
            foreach (var (name, values) in request.Query)
                if (name != "page")
                    query.Add(name, values.OfType<string>());
            query.Add("page", page.ToString(CultureInfo.InvariantCulture));
            var url = UriHelper.BuildAbsolute(request.Scheme, request.Host, request.PathBase, request.Path, query.ToQueryString());
            links.Append(links.Length == 0 ? "" : ", ").Append('<').Append(url).Append(">; rel=\"").Append(relation).Append('"');
        }
    }

    static int Number(HttpRequest request, string name, int defaultValue, int max)
    {
        if (Single(request, name) is not { } text)
            return defaultValue;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max
            ? number
            : throw new WireException(name, $"must be an integer from 1 to {max}");
    }

    static string? Single(HttpRequest request, string name)
    {
        var values = request.Query[name];
        if (values.Count > 1)
            throw new WireException(name, "is given twice");
        return string.IsNullOrEmpty(values) ? null : values.ToString();
    }
}
