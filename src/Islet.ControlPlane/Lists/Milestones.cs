using System.Globalization;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Lists;

/// <summary>Where a page is, by the milestones of its list.</summary>
static class Milestones
{
    /// <summary>Pages before that many items are found by walking along them.</summary>
    const int Near = 500;

    public static Task<int> CountAsync(IsletDb db, CountedList list, Guid owner, CancellationToken cancellation) =>
        Of(db, list, owner).SumAsync(milestone => milestone.Items, cancellation);

    /// <summary>As far as it was committed when this looks; what changes meanwhile moves a page as it does between two calls.</summary>
    public static async Task<PageStart> FindAsync(
        IsletDb db, CountedList list, Guid owner, Page page, bool descending, CancellationToken cancellation)
    {
        if (page.Skip < Near)
            return new(null, page.Skip);
        var all = await Of(db, list, owner).OrderBy(milestone => milestone.First)
            .Select(milestone => new { milestone.First, milestone.Items }).ToListAsync(cancellation);
        var skip = page.Skip;
        if (descending)
            for (var at = all.Count - 1; at >= 0; skip -= all[at--].Items)
                if (skip < all[at].Items)
                    return new(at == all.Count - 1 ? null : all[at + 1].First, skip);
        if (!descending)
            for (var at = 0; at < all.Count; skip -= all[at++].Items)
                if (skip < all[at].Items)
                    return new(all[at].First, skip);
        return PageStart.Behind;
    }

    static IQueryable<Milestone> Of(IsletDb db, CountedList list, Guid owner) =>
        db.Milestones.AsNoTracking().Where(milestone => milestone.Owner == owner && milestone.List == list);
}

/// <summary>A page begins so many items behind a key, in the order of its list.</summary>
/// <param name="Key">Ascending: only items from it on; descending: only items before it. Null: all.</param>
/// <param name="Skip">Items to leave out of those.</param>
readonly record struct PageStart(string? Key, int Skip)
{
    /// <summary>The list ends before the page begins.</summary>
    public static PageStart Behind { get; } = new(null, int.MaxValue);

    public bool IsBehind => Skip == int.MaxValue;

    /// <summary>The key of a list by time.</summary>
    public DateTimeOffset? Time => Key is null ? null
        : DateTimeOffset.UnixEpoch.AddTicks(Key.Length == 0 ? 0 : long.Parse(Key, CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond);
}
