using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Collection;

/// <summary>
/// Contents that no deployment has any more: manifests at once, an organization's knowledge of a hash
/// <see cref="ControlPlaneOptions.KeepUnusedAssets"/> after its last use, then the blobs that no row names.
/// <code>
///   manifest row   ← deployment row (foreign key)
///   asset row      ← manifest of a deployment of the organization, or used lately
///   blob           ← asset row of any organization, artifact of a deployment, or written lately
/// </code>
/// A blob is unlinked within a writing transaction that sees no row for it. A deployment is created within such a
/// transaction too, and looks there once more whether its blobs are there: so none is lost in between.
/// </summary>
sealed class CollectAssets(IServiceScopeFactory scopes, AssetStore store, IOptions<ControlPlaneOptions> options, TimeProvider time)
{
    /// <summary>Rows or blobs of one transaction: others that write wait for it.</summary>
    const int AtOnce = 500;

    /// <summary>Old asset rows of one round.</summary>
    const int RowsOfRound = 100_000;

    /// <summary>An upload under way has blobs without a row; it is quicker than this.</summary>
    static readonly TimeSpan UploadTime = TimeSpan.FromHours(1);

    readonly TimeSpan keep = options.Value.KeepUnusedAssets;

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        await db.Manifests.Where(manifest => !db.Deployments.Any(row => row.ManifestSha256 == manifest.Sha256)).ExecuteDeleteAsync(cancellation);
        await ForgetUnusedAsync(db, cancellation);
        await RemoveUnnamedAsync(db, cancellation);
    }

    async Task ForgetUnusedAsync(IsletDb db, CancellationToken cancellation)
    {
        // 1 rows that nobody used lately, the oldest first
        var old = time.Moment() - keep;
        var candidates = await db.Assets.AsNoTracking().Where(asset => asset.UsedAt <= old)
            .OrderBy(asset => asset.UsedAt).Take(RowsOfRound).ToListAsync(cancellation);
        if (candidates.Count == 0)
            return;

        // 2 those that a deployment still has: they are not asked about again for a while
        var used = await UsedAsync(db, candidates, cancellation);
        var now = time.Moment();

        // 3 each by the moment seen above: whoever used it meanwhile has changed that
        foreach (var some in candidates.Chunk(AtOnce))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            foreach (var asset in some)
            {
                var row = db.Assets.Where(row => row.OrganizationId == asset.OrganizationId && row.GitSha1 == asset.GitSha1 && row.UsedAt == asset.UsedAt);
                _ = used.Contains((asset.OrganizationId, asset.Sha256))
                    ? await row.ExecuteUpdateAsync(set => set.SetProperty(asset => asset.UsedAt, now), cancellation)
                    : await row.ExecuteDeleteAsync(cancellation);
            }
            await transaction.CommitAsync(cancellation);
        }
    }

    static async Task<HashSet<(OrganizationId, string)>> UsedAsync(IsletDb db, List<Asset> candidates, CancellationToken cancellation)
    {
        var asked = candidates.Select(asset => (asset.OrganizationId, asset.Sha256)).ToHashSet();
        var used = new HashSet<(OrganizationId, string)>();
        var owners = await db.Deployments.Select(row => new { row.OrganizationId, row.ManifestSha256 }).Distinct().ToListAsync(cancellation);
        foreach (var manifest in owners.ToLookup(row => row.ManifestSha256, row => row.OrganizationId, StringComparer.Ordinal))
        {
            // null: its last deployment was deleted just now
            if (await db.Manifests.AsNoTracking().FirstOrDefaultAsync(row => row.Sha256 == manifest.Key, cancellation) is not { } stored)
                continue;
            foreach (var entry in AssetManifest.Load(stored).Entries.Values)
                foreach (var organization in manifest)
                    if (entry.Sha256 is { } sha256 && asked.Contains((organization, sha256)))
                        used.Add((organization, sha256));
        }
        return used;
    }

    async Task RemoveUnnamedAsync(IsletDb db, CancellationToken cancellation)
    {
        var writtenBefore = time.GetUtcNow() - (keep < UploadTime ? keep : UploadTime);
        foreach (var some in store.ListWrittenBefore(writtenBefore).Chunk(AtOnce))
        {
            if (await UnnamedAsync(db, some, cancellation) is not { Count: > 0 } unnamed)
                continue;
            await using var writing = await db.Database.BeginTransactionAsync(cancellation);
            foreach (var sha256 in await UnnamedAsync(db, unnamed, cancellation))
                store.Remove(sha256);
        }
    }

    static async Task<HashSet<string>> UnnamedAsync(IsletDb db, IEnumerable<string> blobs, CancellationToken cancellation)
    {
        var unnamed = blobs.ToHashSet(StringComparer.Ordinal);
        unnamed.ExceptWith(await db.Assets.Where(asset => unnamed.Contains(asset.Sha256)).Select(asset => asset.Sha256).Distinct().ToListAsync(cancellation));
        unnamed.ExceptWith(await db.Deployments.Where(row => row.ArtifactSha256 != null && unnamed.Contains(row.ArtifactSha256)).Select(row => row.ArtifactSha256!).Distinct().ToListAsync(cancellation));
        return unnamed;
    }
}
