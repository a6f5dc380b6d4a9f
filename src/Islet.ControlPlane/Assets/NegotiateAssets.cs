using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Assets;

/// <summary>Tells which contents a client has to send. Only its own organization's count as known, see <see cref="Asset"/>.</summary>
public sealed class NegotiateAssets(IsletDb db, AssetStore store)
{
    const int KeysAtOnce = 500;

    /// <summary>Those of the git hashes whose content is to be sent, each once, in the order given.</summary>
    public async Task<Outcome<IReadOnlyList<string>>> RunAsync(Caller caller, Project project, IEnumerable<string> hashes, CancellationToken cancellation)
    {
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } refusal)
            return refusal;
        var organization = project.OrganizationId;
        var needed = new List<string>();
        foreach (var some in hashes.Distinct(StringComparer.Ordinal).Chunk(KeysAtOnce))
        {
            var known = await db.Assets.Where(asset => asset.OrganizationId == organization && some.Contains(asset.GitSha1))
                .Select(asset => new { asset.GitSha1, asset.Sha256 }).ToListAsync(cancellation);
            needed.AddRange(some.Except(known.Where(asset => File.Exists(store.PathOf(asset.Sha256))).Select(asset => asset.GitSha1), StringComparer.Ordinal));
        }
        return needed;
    }
}
