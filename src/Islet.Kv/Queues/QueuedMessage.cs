namespace Islet.Kv.Queues;

/// <summary>A message as it is stored.</summary>
/// <param name="Backoff">Milliseconds from each failed try to the next one; after as many it goes to the keys.</param>
/// <param name="Attempt">Tries that have failed.</param>
public sealed record QueuedMessage(
    long Id, ReadOnlyMemory<byte> Payload, IReadOnlyList<uint> Backoff, IReadOnlyList<ReadOnlyMemory<byte>> KeysIfUndelivered, int Attempt);
