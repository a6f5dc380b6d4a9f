namespace Islet.Contracts;

/// <summary>The KV databases as things that take room.</summary>
public interface IKvStores
{
    /// <summary>Those that were ever used: files of this node, or rows that all nodes share.</summary>
    ValueTask<IReadOnlyList<Guid>> AllAsync(CancellationToken cancellation);

    /// <summary>Bytes; 0 when it was never used. May be some minutes old.</summary>
    ValueTask<long> SizeAsync(Guid database, CancellationToken cancellation);

    /// <summary>Organizations that have used all the room they may have: until the next call they may only delete.</summary>
    void SetFull(IReadOnlySet<OrganizationId> organizations);

    /// <summary>It is nobody's any more.</summary>
    ValueTask RemoveAsync(Guid database, CancellationToken cancellation);
}
