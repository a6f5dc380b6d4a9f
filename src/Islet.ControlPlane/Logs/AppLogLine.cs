using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <summary>One line as readers see it: what a deployment, or the platform about it, said, when, and where.</summary>
/// <param name="Region">Region of the node that wrote it, one of <see cref="Regions.All"/>.</param>
/// <param name="Trace">Trace id, 32 hex digits: a claim of the program, as span ids are. Null outside of a request.</param>
/// <param name="Span">Span id, 16 hex digits.</param>
public sealed record AppLogLine(
    DateTimeOffset Time, LogSeverity Severity, string Message, string Region, string? Trace = null, string? Span = null);

/// <summary>Which lines a reader wants. Null or zero members want everything.</summary>
/// <param name="Text">Found anywhere in the message, whatever the case.</param>
/// <param name="Severities">Bit n is set when severity n is wanted; 0 is all.</param>
/// <param name="Regions">Wanted regions; null is all.</param>
public sealed record LogFilter(string? Text = null, int Severities = 0, IReadOnlySet<string>? Regions = null)
{
    public static readonly LogFilter Everything = new();

    /// <summary>More texts that are to be found too.</summary>
    public IReadOnlyList<string> AlsoTexts { get; init; } = [];

    internal bool Wants(LogSeverity severity, string region) =>
        (Severities == 0 || (Severities & (1 << (int)severity)) != 0) && (Regions is null || Regions.Contains(region));

    internal bool Finds(string message)
    {
        if (Text is not null && !message.Contains(Text, StringComparison.OrdinalIgnoreCase))
            return false;
        foreach (var text in AlsoTexts)
            if (!message.Contains(text, StringComparison.OrdinalIgnoreCase))
                return false;
        return true;
    }
}
