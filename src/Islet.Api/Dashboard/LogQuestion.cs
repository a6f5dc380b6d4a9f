using System.Text;
using Islet.Api.Wire;
using Islet.Contracts;
using Islet.ControlPlane.Logs;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Dashboard;

/// <summary>The query of query_logs: one parameter, <c>params</c>, that is JSON.</summary>
sealed record LogQuestion(LogQuery Query)
{
    const int MaxParams = 16 * 1024;
    const int MaxTexts = 16;
    const int MaxTextLength = 1024;

    /// <summary>A page has fewer lines than it may where a search has looked at much: so often it is gone on.</summary>
    const int MaxPages = 10;

    static readonly string[] Levels = ["debug", "info", "warning", "error"];

    /// <summary>All members may be absent or null.</summary>
    public static LogQuestion Read(IQueryCollection query, DeploymentId deployment, DateTimeOffset now)
    {
        var given = JsonTree.Parse(Encoding.UTF8.GetBytes(new QueryParameters(query).Text("params", MaxParams) ?? "{}")).Object();
        var texts = Texts(given, "q");
        if (texts.Count > MaxTexts || texts.Exists(text => text.Length > MaxTextLength))
            throw new WireException("q", $"must not have more than {MaxTexts} texts of at most {MaxTextLength} characters");
        var severities = Chosen(given, "levels", Levels).Aggregate(0, static (bits, level) => bits | 1 << (int)Severity(level));
        var regions = Chosen(given, "regions", Regions.All);
        var limit = given.Optional("limit")?.Integer() ?? 100;
        if (limit is < 1 or > LogQuery.MaxLimit)
            throw new WireException("limit", $"must be an integer from 1 to {LogQuery.MaxLimit}");
        var filter = new LogFilter(texts.FirstOrDefault(), severities, regions.Count == 0 ? null : regions) { AlsoTexts = [.. texts.Skip(1)] };
        return new(new LogQuery(
            deployment, Time(given, "since") ?? DateTimeOffset.UnixEpoch, Time(given, "until") ?? now, filter, limit, Descending: true, After: null));
    }

    /// <summary>The newest lines that the limit lets in, oldest first, as a reader wants them.</summary>
    public async Task<IReadOnlyList<AppLogLine>> AskAsync(LogSearch search, CancellationToken cancellation)
    {
        var (lines, next) = (new List<AppLogLine>(), Query);
        for (var pages = 0; pages < MaxPages && next.Limit > 0; pages++)
        {
            var page = await search.FindAsync(next, cancellation);
            lines.AddRange(page.Lines);
            if (page.Next is null)
                break;
            next = next with { After = page.Next, Limit = Query.Limit - lines.Count };
        }
        lines.Reverse();
        return lines;
    }

    static List<string> Texts(WireObject given, string name) => given.Optional(name)?.Items().ConvertAll(item => item.Text()) ?? [];

    static HashSet<string> Chosen(WireObject given, string name, IReadOnlyCollection<string> choices)
    {
        var chosen = Texts(given, name).ToHashSet(StringComparer.Ordinal);
        return chosen.IsSubsetOf(choices) ? chosen : throw new WireException(name, $"must be of {string.Join(", ", choices.Order(StringComparer.Ordinal))}");
    }

    static DateTimeOffset? Time(WireObject given, string name)
    {
        if (given.Optional(name) is not { } value)
            return null;
        return Rfc3339.TryParse(value.Text(), out var time) ? time : throw value.Bad("must be a date-time of RFC 3339, such as 2024-01-31T12:00:00Z");
    }

    static LogSeverity Severity(string level) => level switch
    {
        "debug" => LogSeverity.Debug,
        "info" => LogSeverity.Info,
        "warning" => LogSeverity.Warning,
        _ => LogSeverity.Error,
    };
}
