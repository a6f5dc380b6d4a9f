namespace Islet.Api.DenoDeploy;

/// <summary>
/// How long live logs last. The array limits are for clients that ask for one JSON array, and hence see nothing before
/// its end; NDJSON has none.
/// </summary>
public sealed class LogStreamOptions
{
    /// <summary>The array is closed when no line came for this long.</summary>
    public TimeSpan ArrayIdle { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The array is closed this long after the request at the latest.</summary>
    public TimeSpan ArrayTotal { get; set; } = TimeSpan.FromSeconds(55);

    /// <summary>How often a live log looks whether the deployment is still the caller's.</summary>
    public TimeSpan CheckAccessEvery { get; set; } = TimeSpan.FromSeconds(30);
}
