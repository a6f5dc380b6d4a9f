namespace Islet.Api.DenoDeploy;

/// <summary>How long a live log answers a client that wants one JSON array, and hence sees nothing before its end.</summary>
public sealed class LogStreamOptions
{
    /// <summary>The array is closed when no line came for this long. Does not touch NDJSON, which has no end.</summary>
    public TimeSpan ArrayIdle { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The array is closed this long after the request at the latest.</summary>
    public TimeSpan ArrayTotal { get; set; } = TimeSpan.FromSeconds(55);
}
