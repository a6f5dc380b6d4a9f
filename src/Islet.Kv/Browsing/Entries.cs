using Islet.Kv.Connect;
using Islet.Kv.Engine;
using Islet.Kv.Usage;
using Islet.Kv.Wire;

namespace Islet.Kv.Browsing;

/// <summary>Entries of databases for people and for copies: what KV Connect is for programs. Whoever asks has decided that the caller may.</summary>
public sealed class Entries(KvDatabases databases, KvUsage usage)
{
    /// <summary>Bytes of a page.</summary>
    const int PageBytes = 1 << 20;

    /// <summary>Entries that one call deletes at most.</summary>
    public const int MostDeleted = 10_000;

    /// <param name="limit">At most 1000.</param>
    public async Task<EntryPage> ListAsync(KvGrant grant, EntryRange range, bool descending, int limit, CancellationToken cancellation)
    {
        var page = new EntryPage(limit, PageBytes);
        if (range.IsEmpty)
            return page;
        using var use = await databases.OpenAsync(grant.Database, cancellation);
        await ReadAsync(use.Database, range, descending, limit + 1, page.Sink, cancellation);
        usage.Read(grant, 1, page.Length);
        return page;
    }

    /// <summary>Null: there is none.</summary>
    public async Task<KvEntry?> FindAsync(KvGrant grant, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
        (await ListAsync(grant, EntryRange.Of(key.Span), descending: false, 1, cancellation)).Entries is [var entry] ? entry : null;

    /// <summary>The whole range as it is at one moment, in a file of its own until it is disposed.</summary>
    /// <param name="directory">Where there is room for it.</param>
    /// <returns>Null: the organization takes another one, or too many do; it can be tried again.</returns>
    /// <exception cref="KvException">There is more of it than a file may have.</exception>
    public async Task<EntryFile?> CopyAsync(KvGrant grant, EntryRange range, string directory, CancellationToken cancellation)
    {
        if (await EntryFile.MakeAsync(grant.Organization, directory, cancellation) is not { } copy)
            return null;
        try
        {
            if (range.IsEmpty)
                return copy;
            using var use = await databases.OpenAsync(grant.Database, cancellation);
            // a file is read without waiting anywhere, which takes as long as it is large
            await Task.Run(() => ReadAsync(use.Database, range, descending: false, int.MaxValue, copy, cancellation), cancellation);
            copy.Rewind();
            usage.Read(grant, 1, copy.Length);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>All of it or nothing.</summary>
    /// <exception cref="KvException">A key or a value is too large, or the organization has used its storage.</exception>
    public async Task<CommitResult> WriteAsync(KvGrant grant, Check[] checks, Mutation[] mutations, CancellationToken cancellation)
    {
        var write = new AtomicWrite(checks, mutations, []);
        KvLimits.CheckCounts(checks.Length, mutations.Length, 0);
        KvLimits.Check(write);
        usage.CheckStorage(grant, write);
        using var use = await databases.OpenAsync(grant.Database, cancellation);
        var result = await use.Database.WriteAsync(write, cancellation);
        usage.Written(grant, write, result);
        return result;
    }

    /// <summary>Deletes the first of a range, in several commits: how many, and whether there are others.</summary>
    public async Task<(int Deleted, bool HasMore)> DeleteAsync(KvGrant grant, EntryRange range, CancellationToken cancellation)
    {
        var deleted = 0;
        for (var hasMore = !range.IsEmpty; hasMore && deleted < MostDeleted;)
        {
            var page = new EntryPage(Math.Min(KvLimits.Mutations, MostDeleted - deleted), KvLimits.WriteKeyBytes, values: false);
            using (var use = await databases.OpenAsync(grant.Database, cancellation))
                await ReadAsync(use.Database, range, descending: false, KvLimits.Mutations + 1, page.Sink, cancellation);
            usage.Read(grant, 1, page.Length);
            if (page.Entries.Count == 0)
                return (deleted, false);
            await WriteAsync(grant, [], [.. page.Entries.Select(entry => new Mutation(MutationKind.Delete, entry.Key, default, default, 0))], cancellation);
            deleted += page.Entries.Count;
            if (!page.HasMore)
                return (deleted, false);
        }
        return (deleted, deleted > 0);
    }

    static async Task ReadAsync(KvDatabase database, EntryRange range, bool descending, int limit, IEntrySink sink, CancellationToken cancellation)
    {
        ReadRange[] ranges = [new(range.Start, range.End, limit, descending)];
        using var turn = await database.Calls.EnterAsync(cancellation);
        using var wide = await database.Calls.EnterWideAsync(ranges, cancellation);
        await database.ReadAsync(ranges, sink, cancellation);
    }
}
