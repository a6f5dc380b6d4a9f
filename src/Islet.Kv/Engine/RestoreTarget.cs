using Islet.Kv.Engine.Changes;

namespace Islet.Kv.Engine;

/// <summary>A database that a backup is written into: there once <see cref="FinishAsync"/> has returned, else not at all.</summary>
abstract class RestoreTarget : IAsyncDisposable
{
    public abstract ValueTask ApplyAsync(IReadOnlyList<StoredEntry> entries, CancellationToken cancellation);

    /// <summary>In their order.</summary>
    public abstract ValueTask ApplyAsync(IReadOnlyList<ChangeRow> rows, CancellationToken cancellation);

    /// <param name="version">Of the database from then on.</param>
    /// <returns>How many entries there are.</returns>
    /// <exception cref="IOException">Somebody has used the database meanwhile.</exception>
    public abstract ValueTask<long> FinishAsync(long version, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}
