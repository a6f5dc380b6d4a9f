using System.Collections.Frozen;
using Islet.Contracts;
using Islet.Kv.Engine;

namespace Islet.Kv.Usage;

/// <inheritdoc/>
sealed class KvStores(KvDatabases databases, KvUsage usage) : IKvStores
{
    public ValueTask<IReadOnlyList<Guid>> AllAsync(CancellationToken cancellation) => databases.AllAsync(cancellation);

    public ValueTask<long> SizeAsync(Guid database, CancellationToken cancellation) => databases.SizeAsync(database, cancellation);

    public void SetFull(IReadOnlySet<OrganizationId> organizations) => usage.Full = organizations.ToFrozenSet();

    public ValueTask RemoveAsync(Guid database, CancellationToken cancellation) => databases.RemoveAsync(database, cancellation);
}
