using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane;

/// <summary>Which part of a list, by number from 1.</summary>
public readonly record struct Page(int Number, int Limit)
{
    /// <summary>What a search finds is counted up to here, so that the first page of many costs what one of few does.</summary>
    const int MaxCounted = 1000;

    internal int Skip => (int)Math.Min((Number - 1L) * Limit, int.MaxValue);

    /// <summary>So many of the items that a search finds are counted when this page is asked for.</summary>
    internal int Counted => (int)Math.Max(MaxCounted, Math.Min((long)Skip + Limit, int.MaxValue - 1));

    /// <summary>A page of what was read for it, which is one item more than it has, so that its end is seen without counting.</summary>
    /// <param name="read">From <see cref="Skip"/> on.</param>
    /// <param name="count">Counts the list; called when its end was not seen.</param>
    internal async Task<Listing<T>> ListAsync<T>(List<T> read, Func<Task<int>> count)
    {
        var isEndSeen = read.Count <= Limit && (read.Count > 0 || Skip == 0);
        return new(Cut(read), isEndSeen ? Skip + read.Count : await count());
    }

    /// <summary>The same of what a search found.</summary>
    /// <param name="rows">All of them, in the order of an index.</param>
    internal async Task<Listing<T>> ListFoundAsync<T, TRow>(List<T> read, IOrderedQueryable<TRow> rows, CancellationToken cancellation)
    {
        var (seen, counted) = (Skip + read.Count, Counted);
        var listing = await ListAsync(read, async () =>
            read.Count > 0 && counted > MaxCounted ? seen : await rows.Take(counted + 1).CountAsync(cancellation));
        return listing with { HasMore = listing.Total > counted };
    }

    List<T> Cut<T>(List<T> read) => read.Count > Limit ? read[..Limit] : read;
}

/// <summary>One page and how many items there are in all.</summary>
/// <param name="HasMore">There are more than <paramref name="Total"/>, nobody knows how many.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items, int Total, bool HasMore = false);
