namespace Islet.Kv.Wire;

/// <param name="Version">What the entry must have; null: there must be none.</param>
public readonly record struct Check(ReadOnlyMemory<byte> Key, long? Version)
{
    internal static Check Decode(ReadOnlyMemory<byte> message)
    {
        ReadOnlyMemory<byte> key = default, stamp = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    key = reader.Bytes();
                    break;
                case 2:
                    stamp = reader.Bytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        return new(key, stamp.IsEmpty ? null : Versionstamp.Read(stamp.Span));
    }
}

/// <summary>The message AtomicWrite: all of it is done or nothing, in the order checks, mutations, enqueues.</summary>
public sealed record AtomicWrite(Check[] Checks, Mutation[] Mutations, Enqueue[] Enqueues)
{
    /// <exception cref="KvException">No such message, or beyond a limit.</exception>
    internal static AtomicWrite Decode(ReadOnlyMemory<byte> message)
    {
        var (checks, mutations, enqueues) = (ProtoReader.Count(message, 1), ProtoReader.Count(message, 2), ProtoReader.Count(message, 3));
        KvLimits.CheckCounts(checks, mutations, enqueues);
        var write = new AtomicWrite(new Check[checks], new Mutation[mutations], new Enqueue[enqueues]);
        (checks, mutations, enqueues) = (0, 0, 0);
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    write.Checks[checks++] = Check.Decode(reader.Bytes());
                    break;
                case 2:
                    write.Mutations[mutations++] = Mutation.Decode(reader.Bytes());
                    break;
                case 3:
                    write.Enqueues[enqueues++] = Enqueue.Decode(reader.Bytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        KvLimits.Check(write);
        return write;
    }
}
