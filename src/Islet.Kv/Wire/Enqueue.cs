namespace Islet.Kv.Wire;

/// <param name="Payload">A value as V8's serializer writes it.</param>
/// <param name="Deadline">When it is due, milliseconds since 1970; 0 is at once.</param>
/// <param name="KeysIfUndelivered">Where it is put when every try failed.</param>
/// <param name="Backoff">Milliseconds between the tries; empty is the default.</param>
public readonly record struct Enqueue(
    ReadOnlyMemory<byte> Payload, long Deadline, ReadOnlyMemory<byte>[] KeysIfUndelivered, uint[] Backoff)
{
    internal static Enqueue Decode(ReadOnlyMemory<byte> message)
    {
        var count = ProtoReader.Count(message, 3);
        if (count > KvLimits.KeysIfUndelivered)
            throw new KvException("Too many dead letter keys for a single queue message.");
        var keys = new ReadOnlyMemory<byte>[count];
        ReadOnlyMemory<byte> payload = default;
        var (deadline, next) = (0L, 0);
        List<uint>? backoff = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    payload = reader.Bytes();
                    break;
                case 2:
                    deadline = (long)reader.Number();
                    break;
                case 3:
                    keys[next++] = reader.Bytes();
                    break;
                case 4:
                    reader.Numbers(backoff ??= [], KvLimits.BackoffIntervals);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        if (deadline < 0)
            throw new KvException("The deadline of a queue message is invalid.");
        return new(payload, deadline, keys, backoff?.ToArray() ?? []);
    }
}
