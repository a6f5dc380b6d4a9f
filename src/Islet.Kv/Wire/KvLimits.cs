namespace Islet.Kv.Wire;

/// <summary>Every limit of KV Connect and what a client is told beyond it, as denokv has them; the npm client checks none itself.</summary>
static class KvLimits
{
    public const int WriteKey = 2048;
    public const int ReadKey = WriteKey + 1; // the end of a range that holds a longest key
    public const int Value = 65_536;
    public const int Ranges = 10;
    public const int Entries = 1000;
    public const int Checks = 100;
    public const int Mutations = 1000;
    public const int WriteBytes = 819_200;
    public const int WriteKeyBytes = 81_920;
    public const int WatchedKeys = 10;
    public const int KeysIfUndelivered = 10;
    public const int BackoffIntervals = 5;
    public const uint BackoffMilliseconds = 3_600_000;
    public const long QueueDelayMilliseconds = 30L * 24 * 3_600_000;
    const long ClockDifference = 60_000; // a sender's delay is counted by its clock

    /// <summary>Of a request: the longest write with all that is around it.</summary>
    public const int RequestBytes = 3 << 19;

    public static void Check(ReadRange[] ranges)
    {
        var entries = 0L;
        foreach (var range in ranges)
        {
            if (range.Start.Length > ReadKey || range.End.Length > ReadKey)
                throw new KvException("A key exceeds the key size limit.");
            if (range.Limit <= 0)
                throw new KvException("The read range limit of the snapshot read request is invalid.");
            entries += range.Limit;
        }
        if (entries > Entries)
            throw new KvException("The total number of entries requested across read ranges in the read request is too large.");
    }

    public static void CheckCounts(int checks, int mutations, int enqueues)
    {
        if (checks > Checks)
            throw new KvException("Too many checks included in atomic write.");
        if (mutations + (long)enqueues > Mutations)
            throw new KvException("Too many mutations / enqueues included in atomic write.");
    }

    public static void Check(AtomicWrite write)
    {
        var (bytes, keyBytes) = (0L, 0L);
        foreach (var check in write.Checks)
            bytes += CheckKey(check.Key);
        foreach (var mutation in write.Mutations)
        {
            keyBytes += CheckKey(mutation.Key);
            bytes += mutation.Key.Length + CheckValue(mutation.Value);
        }
        foreach (var enqueue in write.Enqueues)
            bytes += Check(enqueue);
        if (keyBytes > WriteKeyBytes)
            throw new KvException("The total key size of the atomic write is too large.");
        if (bytes > WriteBytes)
            throw new KvException("The total size of the atomic write is too large.");
    }

    public static void CheckDeadlines(Enqueue[] enqueues, long now)
    {
        foreach (var enqueue in enqueues)
            if (enqueue.Deadline - now > QueueDelayMilliseconds + ClockDifference)
                throw new KvException("The deadline of a queue message is too far in the future.");
    }

    public static void Check(IReadOnlyCollection<ReadOnlyMemory<byte>> watched)
    {
        if (watched.Count > WatchedKeys)
            throw new KvException("Too many keys watched in a single watch request.");
        foreach (var key in watched)
            CheckKey(key);
    }

    static int CheckKey(ReadOnlyMemory<byte> key) => key.Length switch
    {
        0 => throw new KvException("A key must not be empty."),
        > WriteKey => throw new KvException("A key exceeds the key size limit."),
        var length => length,
    };

    static int CheckValue(ReadOnlyMemory<byte> value) =>
        value.Length > Value ? throw new KvException("A value exceeds the value size limit.") : value.Length;

    static long Check(in Enqueue enqueue)
    {
        if (enqueue.Backoff.Length > BackoffIntervals)
            throw new KvException("Too many backoff intervals for a single queue message.");
        foreach (var interval in enqueue.Backoff)
            if (interval > BackoffMilliseconds)
                throw new KvException("A backoff interval exceeds the maximum allowed value.");
        var bytes = (long)CheckValue(enqueue.Payload);
        foreach (var key in enqueue.KeysIfUndelivered)
            bytes += CheckKey(key);
        return bytes;
    }
}
