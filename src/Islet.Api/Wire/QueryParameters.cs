using System.Globalization;
using Islet.Contracts;
using Islet.ControlPlane.Logs;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Wire;

/// <summary>Of a query, an empty one counting as absent. Each throws <see cref="WireException"/> with the parameter's name.</summary>
readonly struct QueryParameters(IQueryCollection query)
{
    public DateTimeOffset? Time(string name)
    {
        if (Single(name) is not { } value)
            return null;
        if (!Rfc3339.TryParse(value, out var time))
            throw new WireException(name, "must be a date-time of RFC 3339, such as 2024-01-31T12:00:00Z");
        return time;
    }

    public string? Text(string name, int maxLength)
    {
        var value = Single(name);
        if (value?.Length > maxLength)
            throw new WireException(name, $"must be at most {maxLength} characters long");
        return value;
    }

    public int? Integer(string name, int least, int most)
    {
        if (Single(name) is not { } value)
            return null;
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least || number > most)
            throw new WireException(name, $"must be an integer from {least} to {most}");
        return number;
    }

    public long? Long(string name)
    {
        if (Single(name) is not { } value)
            return null;
        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new WireException(name, "must be one from the Link header of an earlier answer");
    }

    public string? Choice(string name, string[] choices)
    {
        var value = Single(name);
        if (value is not null && !choices.Contains(value, StringComparer.Ordinal))
            throw new WireException(name, $"must be one of {string.Join(", ", choices)}");
        return value;
    }

    /// <summary>Comma list, or the parameter repeated, or both.</summary>
    public HashSet<string> List(string name, IReadOnlyCollection<string> choices)
    {
        var values = query[name]
            .SelectMany(static value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .ToHashSet(StringComparer.Ordinal);
        if (!values.IsSubsetOf(choices))
            throw new WireException(name, $"must be a comma-separated list of {string.Join(", ", choices.Order(StringComparer.Ordinal))}");
        return values;
    }

    public LogCursor? Cursor(string name, DeploymentId deployment, bool descending)
    {
        if (Single(name) is not { } value)
            return null;
        if (!LogCursor.TryParse(value, deployment, descending, out var cursor))
            throw new WireException(name, "must be a cursor from the Link header of an earlier answer for this deployment and order");
        return cursor;
    }

    string? Single(string name)
    {
        var values = query[name];
        if (values.Count > 1)
            throw new WireException(name, "is given twice");
        return values.Count == 1 && values[0] is { Length: > 0 } value ? value : null;
    }
}
