namespace Islet.ControlPlane.Builds;

/// <summary>How this node builds deployments. Section <c>Islet:Builds</c>.</summary>
public sealed class BuildsOptions
{
    /// <summary>Builds at once on this node. From two on, one organization has at most all but one of them.</summary>
    public int Concurrency { get; set; } = 2;

    /// <summary>A builder that has said nothing for so long is gone, and another takes its build. It speaks three times as often.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Wall clock for resolving and fetching the modules of one build.</summary>
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Base URL of the npm registry that <c>npm:</c> specifiers are resolved at; null is the runtime's own default.
    /// Its host counts as named in <see cref="ModuleHosts"/>.
    /// </summary>
    public string? NpmRegistry { get; set; }

    /// <summary>Base URL of the registry that <c>jsr:</c> specifiers are resolved at; null is the runtime's own default.</summary>
    public string? JsrRegistry { get; set; }

    /// <summary>
    /// Hosts that modules may be fetched from: <c>host</c> (https, port 443), <c>host:port</c> (http or https), or
    /// <c>*</c> for every host whose addresses are all public, by https. A host that is named may have any address:
    /// that is how a private registry is allowed.
    /// </summary>
    public IList<string> ModuleHosts { get; } = [];

    /// <summary>Bytes of one fetched module or package.</summary>
    public long MaxModuleBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>Bytes that one build may fetch.</summary>
    public long MaxFetchedBytes { get; set; } = 1L * 1024 * 1024 * 1024;

    /// <summary>Fetches of one build, redirects included.</summary>
    public int MaxFetches { get; set; } = 5_000;

    /// <summary>Redirects in a row.</summary>
    public int MaxRedirects { get; set; } = 10;

    /// <summary>From a fetch's beginning to its last byte.</summary>
    public TimeSpan FetchTimeLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes that one build may add to its organization's module cache, unpacked.</summary>
    public long MaxUnpackedBytes { get; set; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Bytes of an organization's module cache on this node; a larger one is emptied before its next build.</summary>
    public long MaxCacheBytes { get; set; } = 4L * 1024 * 1024 * 1024;
}
