using Islet.Api.Wire;
using Islet.Contracts;
using Islet.ControlPlane.Logs;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.DenoDeploy;

/// <summary>The query of app_logs. <paramref name="Past"/> is null in real-time mode.</summary>
sealed record AppLogRequest(LogFilter Filter, LogQuery? Past)
{
    const int MaxTextLength = 1024;

    static readonly Dictionary<string, LogSeverity> Levels =
        Enum.GetValues<LogSeverity>().ToDictionary(LogWire.Level, StringComparer.Ordinal);

    /// <summary>
    /// Reads all parameters, also those that the mode does not use; an empty one counts as absent. A given since or
    /// until chooses the past; so does a cursor, which has no meaning elsewhere.
    /// </summary>
    public static AppLogRequest Read(IQueryCollection query, DeploymentId deployment, DateTimeOffset now)
    {
        var parameters = new QueryParameters(query);
        var since = parameters.Time("since");
        var until = parameters.Time("until");
        var text = parameters.Text("q", MaxTextLength);
        var severities = parameters.List("level", Levels.Keys).Aggregate(0, static (bits, level) => bits | 1 << (int)Levels[level]);
        var regions = parameters.List("region", Regions.All);
        var limit = parameters.Integer("limit", 1, LogQuery.MaxLimit) ?? 100;
        _ = parameters.Choice("sort", ["time"]);
        var descending = parameters.Choice("order", ["asc", "desc", "timeAsc", "timeDesc"]) is null or "desc" or "timeDesc";
        var cursor = parameters.Cursor("cursor", deployment, descending);

        var filter = new LogFilter(text, severities, regions.Count == 0 ? null : regions);
        if (since is null && until is null && cursor is null)
            return new AppLogRequest(filter, null);
        return new AppLogRequest(filter, new LogQuery(
            deployment, since ?? DateTimeOffset.UnixEpoch, until ?? now, filter, limit, descending, cursor));
    }
}
