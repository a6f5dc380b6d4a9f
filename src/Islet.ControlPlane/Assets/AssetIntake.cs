using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Assets;

/// <summary>What is to be stored for a deployment, found out without writing anything.</summary>
/// <param name="Rows">Contents this organization may name by hash from now on.</param>
/// <param name="Known">Git hashes of contents that it named by hash.</param>
/// <param name="Blobs">Contents that no row vouches for yet.</param>
sealed record IntendedAssets(
    AssetManifest Manifest,
    IReadOnlyDictionary<string, BlobName> Rows,
    IReadOnlyCollection<string> Known,
    IReadOnlyCollection<(string Sha256, AssetContent Content)> Blobs);

/// <summary>Brings assets in: check and hash, write what is missing, record what was given.</summary>
public sealed class AssetIntake(IsletDb db, AssetStore store, TimeProvider time)
{
    const int KeysAtOnce = 500;

    internal async Task<Outcome<IntendedAssets>> CheckAsync(
        OrganizationId organization, IReadOnlyList<NewAsset> assets, AssetTree tree, CancellationToken cancellation)
    {
        // 1 sizes are known before a byte is hashed
        if (assets.Sum(asset => asset.Content?.Length ?? 0) > AssetLimits.TotalSize)
            return TooBig();

        // 2 names of the contents given here, then of those given earlier
        var given = new Dictionary<string, BlobName>(StringComparer.Ordinal);
        var contents = new Dictionary<string, AssetContent>(StringComparer.Ordinal);
        var entries = new Dictionary<string, AssetEntry>(assets.Count, StringComparer.Ordinal);
        foreach (var asset in assets)
        {
            if (asset.LinkTarget is not null)
            {
                entries.Add(asset.Path, new(null, 0, tree.LinkTexts[asset.Path]));
                continue;
            }
            if (asset.Content is not { } content)
                continue;
            cancellation.ThrowIfCancellationRequested();
            var name = BlobName.Of(content);
            if (asset.GitSha1 is not null && asset.GitSha1 != name.GitSha1)
                return Bad(asset, $"is not the git blob hash of the content, which is {name.GitSha1}", RefusalCode.BadRequest);
            given[name.GitSha1] = name;
            contents[name.Sha256] = content;
            entries.Add(asset.Path, new(name.Sha256, name.Size, null));
        }
        var known = await FindAsync(organization, assets, cancellation);
        foreach (var asset in assets)
        {
            if (asset.Content is not null || asset.GitSha1 is not { } hash)
                continue;
            if (!known.TryGetValue(hash, out var name))
                return Bad(asset, "is not the hash of an asset that this organization has uploaded: send the content", RefusalCode.AssetNotFound);
            entries.Add(asset.Path, new(name.Sha256, name.Size, null));
        }
        if (entries.Values.Sum(entry => entry.Size) > AssetLimits.TotalSize)
            return TooBig();

        // 3 what the store lacks
        var stored = await StoredAsync(contents.Keys, cancellation);
        var missing = contents.Where(pair => !stored.Contains(pair.Key)).Select(pair => (pair.Key, pair.Value)).ToArray();
        return new IntendedAssets(new(entries), given, known.Keys, missing);
    }

    internal Task WriteBlobsAsync(IntendedAssets intended, CancellationToken cancellation) => store.WriteAsync(intended.Blobs, cancellation);

    /// <summary>
    /// Within the transaction of the row that needs them. False when a blob was collected since the check: then nothing
    /// may be committed, and the check is to be made again. The collector removes under the same lock, see
    /// <see cref="Collection.CollectAssets"/>.
    /// </summary>
    internal async Task<bool> SaveRowsAsync(
        OrganizationId organization, IntendedAssets intended, StoredManifest manifest, CancellationToken cancellation)
    {
        // 1 what was written is there, what was found is vouched for, what was named is known
        var written = intended.Blobs.Select(blob => blob.Sha256).ToHashSet(StringComparer.Ordinal);
        var found = intended.Rows.Values.Select(name => name.Sha256).Where(sha256 => !written.Contains(sha256)).ToHashSet(StringComparer.Ordinal);
        if (!written.All(sha256 => File.Exists(store.PathOf(sha256))) || !found.IsSubsetOf(await StoredAsync(found, cancellation)))
            return false;
        var now = time.Moment();
        foreach (var some in intended.Known.Chunk(KeysAtOnce))
            if (await db.Assets.Where(asset => asset.OrganizationId == organization && some.Contains(asset.GitSha1))
                .ExecuteUpdateAsync(row => row.SetProperty(asset => asset.UsedAt, now), cancellation) < some.Length)
                return false;

        // 2 rows
        foreach (var name in intended.Rows.Values)
            await db.Database.ExecuteSqlAsync(
                $"""
                 INSERT INTO "Assets" ("OrganizationId", "GitSha1", "Sha256", "Size", "UsedAt")
                 VALUES ({organization.Value}, {name.GitSha1}, {name.Sha256}, {name.Size}, {now.ToMicroseconds()})
                 ON CONFLICT ("OrganizationId", "GitSha1") DO UPDATE SET "UsedAt" = excluded."UsedAt"
                 """, cancellation);
        await db.Database.ExecuteSqlAsync(
            $"""
             INSERT INTO "Manifests" ("Sha256", "Content") VALUES ({manifest.Sha256}, {manifest.Content}) ON CONFLICT DO NOTHING
             """, cancellation);
        return true;
    }

    async Task<Dictionary<string, BlobName>> FindAsync(
        OrganizationId organization, IReadOnlyList<NewAsset> assets, CancellationToken cancellation)
    {
        var known = new Dictionary<string, BlobName>(StringComparer.Ordinal);
        var hashes = assets.Where(asset => asset.Content is null && asset.GitSha1 is not null).Select(asset => asset.GitSha1!).Distinct(StringComparer.Ordinal);
        foreach (var some in hashes.Chunk(KeysAtOnce))
            await foreach (var asset in db.Assets.AsNoTracking()
                .Where(asset => asset.OrganizationId == organization && some.Contains(asset.GitSha1)).AsAsyncEnumerable().WithCancellation(cancellation))
                known[asset.GitSha1] = new(asset.Sha256, asset.GitSha1, asset.Size);
        return known;
    }

    /// <summary>
    /// Only a committed row proves that a blob is durable: a file alone may be another request's that is not synced yet.
    /// A row without its file is damage, which writing again repairs.
    /// </summary>
    async Task<HashSet<string>> StoredAsync(IEnumerable<string> blobs, CancellationToken cancellation)
    {
        var stored = new HashSet<string>(StringComparer.Ordinal);
        foreach (var some in blobs.Chunk(KeysAtOnce))
            stored.UnionWith((await db.Assets
                .Where(asset => some.Contains(asset.Sha256)).Select(asset => asset.Sha256).Distinct().ToListAsync(cancellation))
                .Where(sha256 => File.Exists(store.PathOf(sha256))));
        return stored;
    }

    static Refusal TooBig() => new(
        RefusalCode.BadRequest, $"assets must not be larger than {AssetLimits.TotalSize} bytes together", "assets");

    static Refusal Bad(NewAsset asset, string problem, RefusalCode code)
    {
        var field = FieldPath.Member(FieldPath.Entry("assets", asset.Path), "gitSha1");
        return new(code, $"{field} {problem}", field);
    }
}
