namespace Islet.ControlPlane.Builds;

/// <summary>
/// What one build has fetched so far. Redirects are counted in a row although the builder follows them itself: each
/// place that was pointed to remembers how far from the first it is.
/// </summary>
sealed class FetchAccount(BuildsOptions options, Action<string> onRefused)
{
    readonly Lock gate = new();
    readonly Dictionary<string, int> hops = new(StringComparer.Ordinal); // bounded by the number of fetches
    int fetches;
    long bytes;

    /// <summary>Tells the build's log why something was not fetched.</summary>
    public void Refused(string why) => onRefused(why);

    /// <summary>Null when this may be fetched; otherwise why not.</summary>
    public string? Begin(Uri url)
    {
        lock (gate)
        {
            if (++fetches > options.MaxFetches)
                return $"a build may fetch {options.MaxFetches} times";
            if (bytes >= options.MaxFetchedBytes)
                return $"a build may fetch {options.MaxFetchedBytes} bytes";
            return hops.GetValueOrDefault(url.AbsoluteUri) > options.MaxRedirects ? $"more than {options.MaxRedirects} redirects in a row" : null;
        }
    }

    public void Redirected(Uri from, Uri to)
    {
        lock (gate)
            hops[to.AbsoluteUri] = hops.GetValueOrDefault(from.AbsoluteUri) + 1;
    }

    /// <exception cref="HttpRequestException">The build has fetched all that it may.</exception>
    public void Received(int count)
    {
        lock (gate)
            if ((bytes += count) > options.MaxFetchedBytes)
                throw new HttpRequestException($"a build may fetch {options.MaxFetchedBytes} bytes");
    }
}
