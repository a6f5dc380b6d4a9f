namespace Islet.Kv.Queues;

/// <summary>What waits in a queue. Messages that are being handled are counted, and are due when their lease ends.</summary>
/// <param name="NextDue">Milliseconds since 1970; null: it is empty.</param>
/// <param name="Letters">The newest, at most <see cref="DeadLetters"/>.</param>
public sealed record QueueState(long Undelivered, long Due, long? NextDue, IReadOnlyList<DeadLetter> Letters)
{
    /// <summary>How many are kept of those that nobody could handle.</summary>
    public const int DeadLetters = 100;

    /// <summary>Undelivered messages of one queue.</summary>
    public const int Longest = 100_000;

    /// <summary>Programs of this node that listen.</summary>
    public int Listeners { get; init; }

    /// <summary>Messages that programs of this node handle.</summary>
    public int Running { get; init; }
}

/// <summary>A message that no try delivered.</summary>
/// <param name="At">When it was given up, milliseconds since 1970.</param>
public sealed record DeadLetter(long At, ReadOnlyMemory<byte> Payload, int Tries);
